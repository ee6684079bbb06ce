import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const hook = fileURLToPath(new URL('./log-script.cjs', import.meta.url));

/** The environment that notes which install scripts are run, and what was noted. */
export function scriptLog(file) {
  return {
    environment: { NODE_OPTIONS: `--require ${hook}`, INSTALL_SCRIPT_LOG: file },
    read() {
      if (!existsSync(file)) return [];
      return [...new Set(readFileSync(file, 'utf8').trim().split('\n'))];
    },
  };
}
