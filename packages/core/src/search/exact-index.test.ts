import { binaryIndexSuite } from './binary-index.suite.ts';
import { BinaryIndex } from './binary-index.ts';
import { ExactIndex } from './exact-index.ts';

binaryIndexSuite(async (storage) =>
  storage ? new BinaryIndex({ dimensions: 24, storage }) : new ExactIndex(24),
);
