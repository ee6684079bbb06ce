import * as transformers from '@huggingface/transformers';
import { transformersSuite } from './transformers.suite.ts';

transformersSuite(4, transformers);
