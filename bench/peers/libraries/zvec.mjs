import { join } from 'node:path';
import {
  ZVecCollectionSchema,
  ZVecCreateAndOpen,
  ZVecDataType,
  ZVecIndexType,
  ZVecInitialize,
  ZVecLogLevel,
  ZVecLogType,
  ZVecMetricType,
} from '@zvec/zvec';

const indexType = ZVecIndexType.HNSW_RABITQ;

export const settings = [50, 100, 200, 400].map((ef) => ({
  name: `HNSW_RABITQ, ef ${ef}, refined`,
  ef,
}));

export async function build({ vectors, dimensions, rows, folder }) {
  ZVecInitialize({
    logType: ZVecLogType.CONSOLE,
    logLevel: ZVecLogLevel.ERROR,
    queryThreads: 1,
    optimizeThreads: 1,
  });
  const schema = new ZVecCollectionSchema({
    name: 'vectors',
    vectors: {
      name: 'vector',
      dataType: ZVecDataType.VECTOR_FP32,
      dimension: dimensions,
      indexParams: { indexType, metricType: ZVecMetricType.IP, m: 16, efConstruction: 200 },
    },
  });
  const collection = ZVecCreateAndOpen(join(folder, 'collection'), schema);
  const batch = 1000;
  for (let from = 0; from < rows; from += batch) {
    const documents = Array.from({ length: Math.min(batch, rows - from) }, (_, i) => ({
      id: String(from + i),
      vectors: { vector: vectors.slice((from + i) * dimensions, (from + i + 1) * dimensions) },
    }));
    collection.insertSync(documents);
  }
  collection.optimizeSync();
  return {
    prepare:
      ({ ef }) =>
      (query, k) =>
        collection
          .querySync({
            fieldName: 'vector',
            vector: query,
            topk: k,
            params: { indexType, ef, isUsingRefiner: true },
          })
          .map(({ id }) => Number(id)),
    close: () => collection.closeSync(),
  };
}
