import { spawn } from 'node:child_process';

/**
 * Runs a program to its end and never throws: a failing cell of a matrix is a result.
 *
 * @returns {Promise<{ ok: boolean, code: number | null, output: string, seconds: number }>}
 */
export function runCommand([command, ...args], { cwd, env, timeout = 300_000 } = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    // A group of its own, so that a time-out also ends what the program has started.
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = setTimeout(() => {
      output += `\nError: not done after ${timeout / 1000} s, ended\n`;
      process.kill(-child.pid, 'SIGKILL');
    }, timeout);
    const finish = (code) => {
      clearTimeout(timer);
      if (code !== 0 && output.trim() === '') output = `Error: ended with ${code}, without a word`;
      resolve({ ok: code === 0, code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.on('error', (error) => {
      output += `${error}\n`;
      finish(null);
    });
    child.on('close', finish);
  });
}
