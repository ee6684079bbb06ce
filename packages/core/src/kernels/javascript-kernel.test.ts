import { codeGraphSuite } from './code-graph.suite.ts';
import { javascriptKernel } from './javascript-kernel.ts';
import { kernelSuite } from './kernel.suite.ts';

kernelSuite(javascriptKernel);
codeGraphSuite(javascriptKernel);
