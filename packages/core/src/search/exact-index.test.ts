import { ExactIndex } from './exact-index.ts';
import { vectorIndexSuite } from './vector-index.suite.ts';

vectorIndexSuite(async () => new ExactIndex(24));
