import { describe, expect, it } from 'vitest';
import { main } from '../main.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';

const output = captureOutput();
const folder = temporaryFolder();

interface Printed {
  readonly questions: number;
  readonly passages: number;
  readonly ways: readonly {
    readonly way: string;
    readonly topOne: number;
    readonly topFive: number;
    readonly meanReciprocalRank: number;
    readonly bytesPerPassage: number;
  }[];
  readonly misses: readonly {
    readonly question: string;
    readonly rank: number | null;
    readonly first: { readonly source: string } | null;
  }[];
}

describe('eval --questions', () => {
  it('prints findings first, then each way, then what the columns are', async () => {
    await evaluate(
      { question: 'How do I restart the router?', file: 'router.md', line: 3 },
      { question: 'When are the tomatoes watered?', file: './garden.md', text: 'in  the\nmorning' },
      { question: 'ZX-77Q', file: 'codes.md' },
    );
    expect(output.complained).toBe('');
    const lines = output.printed.split('\n');
    expect(lines[0]).toMatch(
      /notes: search finds the answer to 3 of 3 questions in the top five \(100\.0\s%\), to 3 as the first of 4 passages\. Words alone find 3 .*exact in a folder of this size/,
    );
    expect(lines[0]).toMatch(/chance\.$/);
    for (const way of ['words', 'meaning', 'hybrid', 'exact floats']) {
      expect(output.printed).toMatch(new RegExp(`│ ${way} +│ +\\d+\\.\\d\\s% │`));
    }
    for (const column of ['top one', 'top five', 'reciprocal rank', 'ms per', 'bytes a passage']) {
      expect(output.printed).toMatch(new RegExp(`\n${column}[a-z ]* {2}\\w+`));
    }
  });

  it('counts first, fifth and reciprocal places, and lists what was missed', async () => {
    await writeNotes();
    for (let i = 0; i < 8; i++) {
      await folder.write(`notes/tea-${i}.md`, `# Tea\nTea number ${i} is drunk in the afternoon.`);
    }
    const questions = [
      { question: 'How do I restart the router?', file: 'router.md' },
      // The answer is not what is looked for.
      { question: 'Tea in the afternoon', file: 'codes.md' },
    ];
    await ask(questions, '--json');
    const { ways, misses, passages } = JSON.parse(output.printed) as Printed;
    expect(passages).toBe(12);
    for (const { way, topOne, topFive, meanReciprocalRank, bytesPerPassage } of ways) {
      expect([way, topOne, topFive]).toEqual([way, 1, 1]);
      expect(meanReciprocalRank).toBeGreaterThanOrEqual(0.5);
      expect(meanReciprocalRank).toBeLessThan(0.6);
      expect(bytesPerPassage).toBeGreaterThan(0);
    }
    expect(misses).toEqual([
      expect.objectContaining({
        question: 'Tea in the afternoon',
        expected: [{ file: 'codes.md' }],
        first: expect.objectContaining({
          source: expect.stringMatching(/^tea-/) as string,
        }) as object,
      }),
    ]);
    output.printed = '';
    await ask(questions, '--misses');
    expect(output.printed).toMatch(
      /missed: Tea in the afternoon\n +codes\.md: .*first came tea-\d\.md:2\n$/,
    );
    output.printed = '';
    await ask(questions);
    expect(output.printed).toMatch(/1 question missed: see them with --misses\.\n$/);
  });

  it('takes any of the answers of a question, the passage under a heading, and equal texts', async () => {
    await writeNotes();
    await folder.write('notes/copy.md', '# Office\n\nThe kettle boils.');
    await folder.write('notes/kettle.md', '# Kitchen\n\nThe kettle boils.');
    await ask(
      [
        { question: 'How do I restart the router?', file: 'codes.md' },
        { question: 'How do I restart the router?', file: 'router.md', line: 1 },
        { question: 'kettle in the office', file: 'kettle.md' },
      ],
      '--json',
    );
    const { questions, ways } = JSON.parse(output.printed) as Printed;
    expect(questions).toBe(2);
    expect(ways.map(({ topOne }) => topOne)).toEqual([2, 2, 2, 2]);
  });

  it.each([
    [
      'an array',
      '[\n{ "question": "restart the router", "file": "router.md" },\n{ "question": "tomatoes", "file": "garden.md" }]',
    ],
    ['columns', 'restart the router\trouter.md:3\ntomatoes\tgarden.md'],
    [
      'columns with a head',
      'question\tfile\nrestart the router\trouter.md:3-4\r\n\r\ntomatoes\tgarden.md\r\n',
    ],
    [
      'lines after a mark of their encoding',
      '\ufeff{"question":"restart the router","file":"router.md"}\n{"question":"tomatoes","file":"garden.md"}\n',
    ],
  ])('reads %s', async (_, text) => {
    await writeNotes();
    await askText(text, '--json');
    expect(output.complained).toBe('');
    const { questions, ways } = JSON.parse(output.printed) as Printed;
    expect([questions, ways[2]?.topOne]).toEqual([2, 2]);
  });

  it('says which questions have their answer nowhere', async () => {
    await evaluate(
      { question: 'a', file: 'router.md', line: 3 },
      { question: 'b', file: 'none.md' },
      { question: 'c', file: 'router.md', line: 30 },
      { question: 'd', file: 'router.md', text: 'Hold the kettle' },
      { question: 'e', file: 'photo.md' },
    );
    expect(process.exitCode).toBe(1);
    expect(output.printed).toBe('');
    expect(output.complained).toMatch(/questions: got 4 questions whose answer is nowhere: /);
    expect(output.complained).toMatch(/line 2 expects none\.md, which has no passage;/);
    expect(output.complained).toMatch(/line 3 expects line 30 of router\.md, whose last .* at 3;/);
    expect(output.complained).toMatch(/line 4 expects "Hold the kettle" in router\.md, where no/);
    expect(output.complained).toMatch(/line 5 expects photo\.md, which has no passage \(empty\)/);
  });

  it.each([
    ['', /got no question/],
    ['{"question":"a","file":"router.md"}\n{"question":"b"}', /questions:2: got a line without/],
    ['{"question":"a","file":"router.md","line":0}', /questions:1: got the line 0/],
    ['[\n{"question":"a","file":"router.md"},\n{"file":3}]', /questions:3: got a line without/],
    ['[\n{"question":"a"', /questions:2: got text that is not JSON/],
    ['a question alone', /questions:1: got something else than a question, a tab and a file/],
  ])('refuses %j', async (text, message) => {
    await writeNotes();
    await askText(text);
    expect(output.complained).toMatch(message);
    expect(process.exitCode).toBe(1);
    expect(output.printed).toBe('');
  });

  it('refuses questions that are among the passages, and takes them when they are left out', async () => {
    const notes = await writeNotes();
    const file = await folder.write('notes/asked.tsv', 'restart the router\trouter.md');
    await main(['node', 'bitryoshka', 'eval', notes, '--questions', file]);
    expect(output.complained).toMatch(/would answer its own questions\. .*--exclude \/asked\.tsv/);
    output.complained = '';
    await main([
      'node',
      'bitryoshka',
      'eval',
      notes,
      '--questions',
      file,
      '--exclude',
      '/asked.tsv',
    ]);
    expect(output.complained).toBe('');
    expect(output.printed).toMatch(/1 of 1 question in the top five/);
  });

  it('wants either questions or vectors', async () => {
    await main(['node', 'bitryoshka', 'eval', folder.path]);
    expect(output.complained).toMatch(/expected --questions <file>, .* or --vectors <subfolder>/);
    expect(process.exitCode).toBe(2);
    await main(['node', 'bitryoshka', 'eval', folder.path, '--questions', 'q', '--vectors', 'v']);
    expect(output.complained).toMatch(/cannot be used with option '--vectors/);
  });
});

async function writeNotes(): Promise<string> {
  await folder.write(
    'notes/router.md',
    '# Office\n## Network\nHold the button of the router to restart it.',
  );
  await folder.write('notes/garden.md', '# Garden\n\nWater the tomatoes in the morning.');
  await folder.write('notes/codes.md', '# Codes\n\nThe code of the north gate is ZX-77Q.');
  await folder.write('notes/photo.md', '');
  await folder.write('notes/bees.md', '# Bees\n\nThe bees are fed in autumn.');
  return `${folder.path}/notes`;
}

async function evaluate(...questions: object[]): Promise<void> {
  await writeNotes();
  await ask(questions);
}

function ask(questions: readonly object[], ...options: string[]): Promise<void> {
  return askText(questions.map((one) => JSON.stringify(one)).join('\n'), ...options);
}

async function askText(questions: string, ...options: string[]): Promise<void> {
  const file = await folder.write('questions', questions);
  const notes = `${folder.path}/notes`;
  await main(['node', 'bitryoshka', 'eval', notes, '--questions', file, ...options]);
}
