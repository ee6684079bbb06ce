import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeOllama } from '../chat/ollama.suite.ts';
import { main } from '../main.ts';
import { bundledCommand } from '../terminal/bundled-command.suite.ts';
import { captureOutput, collectText } from '../terminal/capture-output.suite.ts';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';

const command = bundledCommand();
const output = captureOutput();
const folder = temporaryFolder();
const ollama = fakeOllama();

const question = 'How do I restart the router?';

beforeEach(async () => {
  vi.stubEnv('OLLAMA_HOST', ollama.url);
  await folder.write(
    'notes/router.md',
    '# Office\n## Network\nHold the button to restart the router.',
  );
  await folder.write('notes/kettle.txt', 'The kettle boils water.');
});

describe('ask', () => {
  it('has the model of Ollama answer from passages, and names those that it cites', async () => {
    ollama.answer = 'Hold the button [1].';
    await ask();
    expect(ollama.asked?.model).toBe('llama3.2:latest');
    const [, asked] = ollama.asked?.messages ?? [];
    expect(asked?.content).toMatch(/\[1\] router\.md:3 › Office › Network\nHold the button/);
    expect(asked?.content).toMatch(/Question: How do I restart the router\?$/);
    expect(output.printed).toBe('Hold the button [1].\n\n[1] router.md:3  Office › Network\n');
    expect(output.complained).toMatch(/ollama:llama3\.2:latest reads 2 passages/);
    expect(process.exitCode).toBeUndefined();
  });

  it('says of citations that were not given that they are none', async () => {
    ollama.answer = 'Hold the button [1, 7], see `list[3]`, [the manual][2] or [9](x).';
    await ask('--json');
    expect(JSON.parse(output.printed)).toMatchObject({
      model: 'ollama:llama3.2:latest',
      text: ollama.answer,
      cited: [
        { number: 1, source: 'router.md' },
        { number: 2, source: 'kettle.txt' },
      ],
      unknown: [7],
    });
    output.printed = '';
    await ask();
    expect(output.complained).toMatch(/Not among the passages: \[7\]/);
    ollama.answer = 'Nobody knows.';
    await ask();
    expect(output.complained).toMatch(/The answer cites no passage/);
  });

  it('asks the model that is named, and says what is wrong with it', async () => {
    ollama.answer = 'Yes [1].';
    ollama.models.push({ name: 'mistral', details: { family: 'llama' } });
    await ask('--model', 'ollama:mistral');
    expect(ollama.asked?.model).toBe('mistral');
    for (const [model, said] of [
      ['ollama:none', /ollama:none: model "none" not found\. Run ollama pull none, or/],
      ['mistral', /--model: got "mistral", expected provider:name/],
      ['groq:none', /groq:none: .* npm install @langchain\/groq/],
    ] as const) {
      output.complained = '';
      process.exitCode = undefined;
      await ask('--model', model);
      expect(output.complained).toMatch(said);
      expect(process.exitCode).toBe(1);
    }
  });

  it('says what to do where there is no model', async () => {
    ollama.models = ollama.models.slice(0, 1);
    await ask();
    expect(output.complained).toMatch(/got no chat model from Ollama.* ollama pull/);
    vi.stubEnv('OLLAMA_HOST', '127.0.0.1:9');
    await ask();
    expect(output.complained).toMatch(
      /no Ollama answers at http:\/\/127\.0\.0\.1:9\. Install Ollama/,
    );
    expect(output.complained).not.toMatch(/passages/);
  });

  it('prints no controls of a terminal that a model makes up', async () => {
    ollama.answer = 'Hold \u001b[2J\u001b]0;title\u0007it [1].';
    await ask();
    expect(output.printed).toMatch(/^Hold it \[1\]\./);
  });

  it('says which package is missing, where one is', async () => {
    const child = start(folder.path);
    const complained = collectText(child.stderr);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(complained.text).toMatch(
      /@langchain\/ollama: got no such package.* npm install @langchain/,
    );
  });

  it('prints as the model answers, and is ended by Ctrl-C', async () => {
    ollama.answer = 'Hold the ';
    ollama.isStuck = true;
    const child = start(fileURLToPath(new URL('../..', import.meta.url)));
    await collectText(child.stdout).includes('Hold the ');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
  });
});

function ask(...options: string[]): Promise<void> {
  const notes = join(folder.path, 'notes');
  return main(['node', 'bitryoshka', 'ask', notes, question, ...options]);
}

/** @param cwd where packages are looked for */
function start(cwd: string): ChildProcessWithoutNullStreams {
  const args = [command.path, 'ask', join(folder.path, 'notes'), question];
  return spawn(process.execPath, args, { cwd, env: { ...folder.env, OLLAMA_HOST: ollama.url } });
}
