import { checkSameModel } from '../../store/store-model.ts';
import type { PgCollection } from './pg-collection.ts';

/**
 * Whether vectors of a model may be compared with those of a collection. Where it is empty, any model will do.
 *
 * @param model undefined where it is not known: nothing is refused
 * @throws BitryoshkaError `model-mismatch`, `database-failed`
 */
export async function checkModel(
  collection: PgCollection,
  model: string | undefined,
): Promise<void> {
  if (model === undefined) return;
  const { model: known } = await collection.state();
  if (known === undefined || known === model) return;
  const state = await collection.refresh();
  if (state.model === model || state.dimensions === undefined) return;
  const { rows } = await collection.pool.query(`SELECT 1 FROM ${state.documents} d LIMIT 1`);
  if (rows.length > 0) checkSameModel(state.model, model);
}
