import { EncodedRows } from './encoded-rows.ts';
import { float16Codec } from './float16-codec.ts';
import { storedVectorsSuite } from './stored-vectors.suite.ts';

storedVectorsSuite((dimensions) => new EncodedRows(float16Codec(dimensions)), {
  tolerance: 2 ** -12,
});
