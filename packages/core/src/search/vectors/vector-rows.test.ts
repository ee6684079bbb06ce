import { storedVectorsSuite } from './stored-vectors.suite.ts';
import { VectorRows } from './vector-rows.ts';

storedVectorsSuite((dimensions) => new VectorRows(dimensions), { tolerance: 0 });
