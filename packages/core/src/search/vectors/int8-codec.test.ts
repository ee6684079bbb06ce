import { EncodedRows } from './encoded-rows.ts';
import { storedVectorsSuite } from './stored-vectors.suite.ts';
import { vectorCodec } from './vector-codecs.ts';

// Half a step of a vector whose largest value is 1.
storedVectorsSuite((dimensions) => new EncodedRows(vectorCodec('int8', dimensions)), {
  tolerance: 0.5001 / 127,
  places: 4,
});
