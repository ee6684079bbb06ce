import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const topics: Readonly<Record<string, readonly string[]>> = {
  router: ['router', 'network', 'cable', 'signal', 'password'],
  garden: ['tomato', 'lawn', 'hedge', 'soil', 'seed'],
  bees: ['hive', 'honey', 'queen', 'swarm', 'pollen'],
  kitchen: ['kettle', 'oven', 'knife', 'recipe', 'bread'],
  music: ['violin', 'concert', 'melody', 'drum', 'choir'],
  travel: ['train', 'passport', 'hotel', 'border', 'ticket'],
  money: ['rent', 'invoice', 'salary', 'budget', 'loan'],
  health: ['doctor', 'fever', 'medicine', 'sleep', 'bone'],
  weather: ['rain', 'storm', 'cloud', 'frost', 'wind'],
  sport: ['football', 'goal', 'coach', 'race', 'medal'],
  school: ['teacher', 'exam', 'lesson', 'homework', 'pencil'],
  car: ['engine', 'tyre', 'brake', 'fuel', 'garage'],
  law: ['judge', 'court', 'contract', 'lawyer', 'witness'],
  sea: ['ship', 'harbour', 'fish', 'wave', 'anchor'],
};
const sentences = [
  (word: string) => `The ${word} was checked on Monday and found to be in good order.`,
  (word: string) => `Nobody remembers who bought the ${word}, or what was paid for it.`,
  (word: string) => `If the ${word} fails, call the number on the wall and wait.`,
];

export interface SampleFolder {
  readonly path: string;
  write(file: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** 212 passages of 16 files about 14 things. */
export async function createSampleFolder(): Promise<SampleFolder> {
  const folder = await createFolder('served-');
  for (const [topic, words] of Object.entries(topics)) {
    const sections = words.flatMap((word) =>
      sentences.map((say, i) => `## ${word} ${i + 1}\n\n${say(word)}\n`),
    );
    await folder.write(`notes/${topic}.md`, `# About ${topic}\n\n${sections.join('\n')}`);
  }
  await folder.write('site.html', '<h1>Site</h1>\n<p>Code <b>ZX-7Q</b> opens\nthe gate.</p>\n');
  await folder.write(
    'lib/add.ts',
    'export function addNumbers(a: number, b: number) {\n  return a + b;\n}\n',
  );
  return folder;
}

export async function createFolder(prefix: string): Promise<SampleFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  return {
    path,
    write: async (file, text) => {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), text);
    },
    remove: () => rm(path, { recursive: true }),
  };
}
