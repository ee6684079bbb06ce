import { EncodedRows } from './encoded-rows.ts';
import { storedVectorsSuite } from './stored-vectors.suite.ts';
import { vectorCodec } from './vector-codecs.ts';

storedVectorsSuite((dimensions) => new EncodedRows(vectorCodec('float16', dimensions)), {
  tolerance: 2 ** -12,
});
