import { packSigns } from '../../codes/codes.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import type { GroupLayout } from './group-layout.ts';
import { groupValues } from './group-values.ts';
import type { HeldOut } from './hold-out.ts';
import { heldOutRecall, holdOut } from './hold-out.ts';

/** Vectors to learn from and vectors to try out on, before and after the map. */
export interface Trial {
  /** Unit vectors that are learned from and searched. */
  readonly vectors: Matrix;
  /** The same after the map. */
  readonly values: Matrix;
  /** Recall of a layout's codes on held-out documents; undefined where there are too few to tell. */
  readonly recall?: (layout: GroupLayout, thresholds: Float32Array) => number;
}

/** Splits documents for learning and trying out. */
export async function prepareTrial(
  documents: Matrix,
  map: AffineMap | undefined,
  seed: number,
  options: TaskOptions,
): Promise<Trial> {
  const mapped = (vectors: Matrix): Matrix => (map ? applyAffineMap(map, vectors) : vectors);
  const heldOut: HeldOut | undefined = await holdOut(documents, seed, options);
  if (!heldOut) return { vectors: documents, values: mapped(documents) };
  const vectors = selectRows(documents, heldOut.training);
  const values = mapped(vectors);
  const queries = mapped(selectRows(documents, heldOut.queries));
  return {
    vectors,
    values,
    recall: (layout, thresholds) =>
      heldOutRecall(
        heldOut,
        packSigns(groupValues(values, layout, thresholds)),
        packSigns(groupValues(queries, layout, thresholds)),
      ),
  };
}
