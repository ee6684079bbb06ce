import { stripVTControlCharacters } from 'node:util';

const telling = /error|fail|cannot|ERR|✘|not found/i;
const noise =
  /deprecat|^\s*at |npm warn|peer dep|unmet|^\s*$|^(npm error|error) (code|path|command|A complete log)/i;

/** The few lines of a failed program's output that say why, without folders of this machine. */
export function firstErrorLines(output, { hide = [], most = 6 } = {}) {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => !noise.test(line));
  const first = lines.findIndex((line) => telling.test(line));
  const chosen = first < 0 ? lines.slice(-most) : lines.slice(first, first + most);
  return chosen.map((line) => hide.reduce((text, folder) => text.replaceAll(folder, '…'), line));
}
