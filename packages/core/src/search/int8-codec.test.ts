import { EncodedRows } from './encoded-rows.ts';
import { int8Codec } from './int8-codec.ts';
import { storedVectorsSuite } from './stored-vectors.suite.ts';

// Half a step of a vector whose largest value is 1.
storedVectorsSuite((dimensions) => new EncodedRows(int8Codec(dimensions)), {
  tolerance: 0.5001 / 127,
  places: 4,
});
