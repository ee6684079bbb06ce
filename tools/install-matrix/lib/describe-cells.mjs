import { failureList } from './failure-list.mjs';
import { markdownTable } from './markdown-table.mjs';

const head = [
  'package manager',
  'asked for',
  'install, s: empty / warm cache',
  'MB',
  'MB beyond core',
  'packages',
  'have install scripts',
  'scripts run',
  'deprecated',
  'program: ms to import + to first vector',
  'with a model: least cosine',
];

/** The cells as a table, with what failed below it. */
export function describeCells(cells, managers) {
  const rows = cells.map((cell) => {
    const core = cells.find(
      ({ manager, packages }) => manager === cell.manager && packages > 0,
    )?.bytes;
    return [
      cell.manager,
      cell.asked,
      install(cell),
      megabytes(cell.bytes || undefined),
      megabytes(cell.bytes - core),
      cell.packages || '',
      cell.scripts?.map(({ id }) => id).join(', ') || 'none',
      cell.scriptsRun?.join(', ') || 'none',
      cell.deprecated?.length,
      program(cell),
      withModel(cell),
    ];
  });
  const failures = cells.flatMap(({ manager, asked, failures }) =>
    failures.map(({ step, lines }) => ({ name: `${manager}, ${asked}: ${step}`, lines })),
  );
  const versions = managers.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [
    '# Installs',
    `Node ${process.versions.node}, ${versions}. "empty": home and caches of the package manager are`,
    'empty, tarballs come from a registry on this machine that fetches each once; "warm": the same',
    'again with the caches that this left. Where an install fails, sizes and programs are of a second',
    'one without scripts. `bitryoshka search`: the whole command, downloads included.',
    '',
    markdownTable(head, rows),
    '',
    failureList(failures),
  ].join('\n');
}

function install({ installs, coldSeconds, warmSeconds }) {
  if (!installs) return `fails (after ${coldSeconds?.toFixed(1)})`;
  return `${coldSeconds.toFixed(1)} / ${warmSeconds?.toFixed(1)}`;
}

function program({ program, answers, failures }) {
  if (answers) return 'answers';
  if (program) return `${Math.round(program.imported)} + ${Math.round(program.firstVector)}`;
  return failures.some(({ step }) => step === 'program' || step === 'command') ? 'fails' : '';
}

function withModel({ withModel, failures }) {
  if (withModel) return Math.min(...withModel.cosines).toFixed(5);
  return failures.some(({ step }) => step === 'program with a model') ? 'fails' : '';
}

function megabytes(bytes) {
  return bytes >= 0 ? (bytes / 1e6).toFixed(1) : '';
}
