import * as transformers from 'transformers-3';
import { transformersSuite } from './transformers.suite.ts';

transformersSuite(3, transformers);
