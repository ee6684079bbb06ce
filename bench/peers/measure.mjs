// One library in a process of its own, so that its memory can be told from that of the others.
// usage: measure.mjs <library> <folder with the vectors>; prints one JSON object.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readFloats } from '../real-vectors.mjs';
import { readRows } from './vectors.mjs';

const [, , name, folder] = process.argv;
const nearest = 10;
const library = await import(`./libraries/${name}.mjs`);
const description = JSON.parse(readFileSync(join(folder, 'description.json'), 'utf8'));
const { dimensions, rows, queries } = description;
const vectors = readFloats(join(folder, 'vectors.f32'));
const asked = readFloats(join(folder, 'queries.f32'));
const truth = readRows(join(folder, 'truth.u32'));
const disk = mkdtempSync(join(folder, `${name}-`));

const before = residentBytes();
const start = performance.now();
const startCpu = process.cpuUsage();
const index = await library.build({ vectors, dimensions, rows, folder: disk });
const buildSeconds = (performance.now() - start) / 1000;
const cpu = process.cpuUsage(startCpu);
/** Where other work shares the core, these are what counts. */
const buildCpuSeconds = (cpu.user + cpu.system) / 1e6;
const residentMegabytes = (residentBytes() - before) / 2 ** 20;
index.write?.();

const points = [];
for (const setting of library.settings) {
  const search = await index.prepare(setting);
  points.push({ setting: setting.name, ...(await measure(search)) });
}
const diskMegabytes = folderBytes(disk) / 2 ** 20;
await index.close?.();
rmSync(disk, { recursive: true, force: true });
console.log(
  JSON.stringify({ buildSeconds, buildCpuSeconds, residentMegabytes, diskMegabytes, points }),
);
process.exit(0);

/** Every query once to warm up; then rounds until two seconds have passed, and each query's best time. */
async function measure(search) {
  let found = 0;
  const times = new Float64Array(queries).fill(Infinity);
  const started = performance.now();
  for (let round = 0; round === 0 || (performance.now() - started < 2000 && round < 10); round++) {
    for (let i = 0; i < queries; i++) {
      const query = asked.subarray(i * dimensions, (i + 1) * dimensions);
      const from = performance.now();
      const answer = search(query, nearest);
      const result = answer instanceof Promise ? await answer : answer;
      times[i] = Math.min(times[i], performance.now() - from);
      if (round > 0) continue;
      const expected = truth.subarray(i * nearest, (i + 1) * nearest);
      for (const row of result) if (expected.includes(Number(row))) found++;
    }
    if (performance.now() - started > 30_000) break;
  }
  times.sort();
  return {
    recall: found / (queries * nearest),
    p50: times[Math.floor(queries / 2)],
    p95: times[Math.floor(queries * 0.95)],
    queriesPerSecond: 1000 / (times.reduce((sum, time) => sum + time, 0) / queries),
  };
}

function residentBytes() {
  // Twice: what finalizers let go is collected the second time.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

function folderBytes(path) {
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size;
  }
  return bytes;
}
