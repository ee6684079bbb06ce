import { filterCases } from './cases/filter-cases.ts';
import { idCases } from './cases/id-cases.ts';
import { safetyCases } from './cases/safety-cases.ts';
import { searchCases } from './cases/search-cases.ts';
import type { VectorStoreCase } from './vector-store-case.ts';

/** What vector stores must do, case by case. */
export const vectorStoreCases: readonly VectorStoreCase[] = [
  ...searchCases,
  ...filterCases,
  ...idCases,
  ...safetyCases,
];
