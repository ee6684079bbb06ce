import { stripVTControlCharacters } from 'node:util';

/** What a package manager says beside success: deprecations, and other warnings. */
export function installNotices(output) {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.trim());
  const warnings = lines.filter((line) => /warn|YN00(0[245]|60|86)/i.test(line));
  const deprecated = lines.filter((line) => isDeprecation(line));
  return {
    deprecated: [...new Set(deprecated)],
    warnings: [...new Set(warnings.filter((line) => !isDeprecation(line)))],
  };
}

/** Yarn 1 says only "warning path > name@version: the author's words". */
function isDeprecation(line) {
  return /deprecated/i.test(line) || /^warning .*\S@\d[^ ]*: (?!The engine)/.test(line);
}
