import { connect, Index } from '@lancedb/lancedb';

const pairs = [
  [10, 5],
  [20, 10],
  [40, 10],
  [80, 20],
];

export const settings = pairs.map(([probes, refine]) => ({
  name: `IVF_RQ, ${probes} lists, refine ${refine}`,
  probes,
  refine,
}));

export async function build({ vectors, dimensions, rows, folder }) {
  const database = await connect(folder);
  const records = (from, to) =>
    Array.from({ length: to - from }, (_, i) => ({
      id: from + i,
      vector: Array.from(vectors.subarray((from + i) * dimensions, (from + i + 1) * dimensions)),
    }));
  const batch = 10_000;
  const table = await database.createTable('vectors', records(0, Math.min(batch, rows)));
  for (let from = batch; from < rows; from += batch) {
    await table.add(records(from, Math.min(rows, from + batch)));
  }
  const index = Index.ivfRq({ distanceType: 'dot', numPartitions: Math.round(Math.sqrt(rows)) });
  await table.createIndex('vector', { config: index });
  return {
    prepare:
      ({ probes, refine }) =>
      async (query, k) => {
        const found = await table
          .vectorSearch(query)
          .distanceType('dot')
          .nprobes(probes)
          .refineFactor(refine)
          .select(['id'])
          .limit(k)
          .toArray();
        return found.map(({ id }) => Number(id));
      },
  };
}
