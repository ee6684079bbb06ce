import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './clean-environment.mjs';
import { firstErrorLines } from './first-error-lines.mjs';
import { installNotices } from './install-notices.mjs';
import { lastJsonLine } from './last-json-line.mjs';
import { runCommand } from './run-command.mjs';
import { scriptLog } from './script-log.mjs';

const fixture = (name) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const listPackages = fileURLToPath(new URL('./list-packages.cjs', import.meta.url));

/**
 * Installs twice into an empty folder, first with an empty home, then with the cache that this left;
 * looks at what is there; runs the programs.
 */
export async function measureInstall({ manager, request, place, work, expected }) {
  const home = join(place, 'home');
  const folder = join(place, 'project');
  const failures = [];
  const note = (step, { ok, output }) => {
    if (!ok) failures.push({ step, lines: firstErrorLines(output, { hide: [place, work] }) });
    return ok;
  };
  mkdirSync(home, { recursive: true });
  const log = scriptLog(join(place, 'scripts.log'));
  const environment = { ...cleanEnvironment(home), ...manager.environment };

  const install = (scripts) => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, text] of Object.entries(manager.files)) {
      writeFileSync(join(folder, name), text);
    }
    return runCommand(
      [...manager.add, ...(scripts ? [] : manager.withoutScripts), ...request.packages],
      {
        cwd: folder,
        env: scripts
          ? { ...environment, ...log.environment }
          : { ...environment, ...manager.withoutScriptsEnvironment },
      },
    );
  };

  const cold = await install(true);
  const ran = log.read();
  const installs = note('install', cold);
  // Sizes and the programs are of interest even where a script fails.
  const warm = await install(installs);
  if (!installs) note('install without scripts', warm);

  const node = (args) => runCommand([...manager.node, ...args], { cwd: folder, env: environment });
  // Yarn gives its map only to files of the project.
  copyFileSync(listPackages, join(folder, 'list-packages.cjs'));
  const listed = await node(['list-packages.cjs', 'node_modules']);
  const found = listed.ok ? lastJsonLine(listed.output) : [];
  const cell = {
    installs,
    coldSeconds: cold.seconds,
    ...(installs ? { warmSeconds: warm.seconds } : {}),
    bytes: manager.bytes(folder, home),
    packages: found.length,
    scripts: found.filter(({ scripts }) => scripts.length > 0),
    scriptsRun: ran,
    ...installNotices(cold.output),
    output: cold.output,
    failures,
  };
  if (request.packages.length === 1) return cell;

  for (const name of ['check.mjs', 'program.mjs', 'with-model.mjs']) {
    copyFileSync(fixture(name), join(folder, name));
  }
  const program = await node(['program.mjs']);
  if (note('program', program)) cell.program = lastJsonLine(program.output);
  if (request.library && expected) {
    writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected));
    const withModel = await node(['with-model.mjs']);
    if (note('program with a model', withModel)) cell.withModel = lastJsonLine(withModel.output);
  }
  return cell;
}
