import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** The address, with a slash at its end, that npm would ask. */
export function configuredRegistry() {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' });
  return registry.trim().replace(/\/?$/, '/');
}

/**
 * A registry on this machine that has the packed packages and hands on what it is asked for beyond
 * them, so that cells type what a user types and need neither overrides nor `file:`.
 *
 * @param packages what `packPackages` returns
 * @param cache a folder for tarballs from the configured registry, fetched once for all cells
 */
export async function startRegistry(packages, cache) {
  const upstream = configuredRegistry();
  mkdirSync(cache, { recursive: true });
  const own = new Map();
  const files = new Map();
  const pending = new Map();
  let origin = '';

  for (const { manifest, file } of packages) {
    const bytes = readFileSync(file);
    const { name, version } = manifest;
    const path = `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
    files.set(path, bytes);
    own.set(`/${name}`, () => describePackage(manifest, bytes, origin + path));
  }

  /** One answer per address and format, also while many ask for it at once. */
  function once(key, make) {
    if (!pending.has(key)) {
      const promise = make();
      pending.set(key, promise);
      promise.catch(() => pending.delete(key));
    }
    return pending.get(key);
  }

  async function metadata(path, accept) {
    const response = await ask(path, { accept });
    const text = await response.text();
    return {
      body: text.replaceAll(upstream, `${origin}/`),
      type: response.headers.get('content-type') ?? 'application/json',
    };
  }

  async function tarball(path) {
    const kept = join(cache, createHash('sha256').update(path).digest('hex'));
    if (!existsSync(kept)) {
      const response = await ask(path);
      // Renamed when whole, so that a stopped run leaves no half a file.
      writeFileSync(`${kept}.part`, Buffer.from(await response.arrayBuffer()));
      renameSync(`${kept}.part`, kept);
    }
    return { body: readFileSync(kept), type: 'application/octet-stream' };
  }

  async function ask(path, headers) {
    const response = await fetch(upstream + path.slice(1), { headers });
    if (!response.ok) throw Object.assign(new Error(path), { status: response.status });
    return response;
  }

  async function answer({ method, url, headers }) {
    const path = decodeURIComponent(new URL(url, origin).pathname);
    if (method !== 'GET' || path.startsWith('/-/'))
      throw Object.assign(new Error(path), { status: 404 });
    if (files.has(path)) return { body: files.get(path), type: 'application/octet-stream' };
    if (own.has(path)) return { body: JSON.stringify(own.get(path)()), type: 'application/json' };
    // Tarballs are kept in files: only their being fetched is shared.
    if (path.endsWith('.tgz')) {
      return once(path, () => tarball(path)).finally(() => pending.delete(path));
    }
    const accept = headers.accept ?? '*/*';
    const address = path.replace(/^\/(@[^/]+)\//, '/$1%2f');
    return once(`${accept} ${path}`, () => metadata(address, accept));
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ body, type }) => response.setHeader('content-type', type).end(body),
      (error) => response.writeHead(error.status ?? 502).end(String(error)),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function describePackage(manifest, bytes, tarball) {
  const digest = (algorithm, encoding) => createHash(algorithm).update(bytes).digest(encoding);
  const { name, version } = manifest;
  // Some package managers leave out what was published within the last days.
  const published = new Date(Date.now() - 30 * 86_400_000).toISOString();
  return {
    name,
    'dist-tags': { latest: version },
    time: { created: published, modified: published, [version]: published },
    versions: {
      [version]: {
        ...manifest,
        dist: {
          tarball,
          shasum: digest('sha1', 'hex'),
          integrity: `sha512-${digest('sha512', 'base64')}`,
        },
      },
    },
  };
}
