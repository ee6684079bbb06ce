import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './clean-environment.mjs';
import { firstErrorLines } from './first-error-lines.mjs';
import { folderBytes } from './folder-bytes.mjs';
import { installNotices } from './install-notices.mjs';
import { lastJsonLine } from './last-json-line.mjs';
import { runCommand } from './run-command.mjs';
import { scriptLog } from './script-log.mjs';

const listPackages = fileURLToPath(new URL('./list-packages.cjs', import.meta.url));
const notes = {
  'rent.md': '# Rent\n\nThe rent is due on the first day of the month.\n',
  'soup.md': '# Soup\n\nLet the onions cook slowly in butter.\n',
};

/** The first command of someone who has installed nothing, twice. */
export async function measureCommandLine({ manager, place, work }) {
  const home = join(place, 'home');
  const folder = join(place, 'project');
  for (const path of [home, join(folder, 'notes')]) mkdirSync(path, { recursive: true });
  for (const [name, text] of Object.entries(notes))
    writeFileSync(join(folder, 'notes', name), text);

  const log = scriptLog(join(place, 'scripts.log'));
  const ask = () =>
    runCommand(
      [...manager.execute, 'bitryoshka', 'search', 'notes', 'When is the rent due?', '--json'],
      {
        cwd: folder,
        env: { ...cleanEnvironment(home), ...manager.environment, ...log.environment },
      },
    );
  const cold = await ask();
  const warm = await ask();
  const root = manager.executed(home);
  const listed = await runCommand([process.execPath, listPackages, root]);
  const found = lastJsonLine(listed.output) ?? [];
  const answers = cold.ok && cold.output.includes('The rent is due');
  return {
    installs: cold.ok,
    coldSeconds: cold.seconds,
    ...(warm.ok ? { warmSeconds: warm.seconds } : {}),
    bytes: folderBytes(root),
    packages: found.length,
    scripts: found.filter(({ scripts }) => scripts.length > 0),
    scriptsRun: log.read(),
    ...installNotices(cold.output),
    output: cold.output,
    answers,
    failures: answers
      ? []
      : [{ step: 'command', lines: firstErrorLines(cold.output, { hide: [place, work] }) }],
  };
}
