import { showEdges } from './edges.ts';
import { sortAndFold } from './results.ts';
import { showValues } from './values.ts';

for (const frame of document.querySelectorAll<HTMLElement>('.scroll')) showEdges(frame);
for (const chart of document.querySelectorAll<HTMLElement>('.chart .box')) showValues(chart);
for (const table of document.querySelectorAll<HTMLTableElement>('table.results')) {
  sortAndFold(table);
}
