import { javascriptKernel } from './javascript-kernel.ts';
import { kernelSuite } from './kernel.suite.ts';

kernelSuite(javascriptKernel);
