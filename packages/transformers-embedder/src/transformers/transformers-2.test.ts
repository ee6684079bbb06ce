import * as transformers from '@xenova/transformers';
import { transformersSuite } from './transformers.suite.ts';

transformersSuite(2, transformers);
