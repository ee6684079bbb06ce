/** How the dimensions of a group decide its bit; see `groupValues` for the formulas. */
export type GroupRule = 'or' | 'and' | 'majority' | 'sum' | 'linear';

/** Every rule. */
export const groupRules: readonly GroupRule[] = ['or', 'and', 'majority', 'sum', 'linear'];

/**
 * Which dimensions decide each bit. The arrays `dimensions`, `signs` and `weights` list the members of
 * all groups, one group after the other; a dimension may be a member of several groups.
 */
export interface GroupLayout {
  readonly rule: GroupRule;
  /** Members of bit `b`: from `offsets[b]` to `offsets[b + 1]`, exclusive; `bits + 1` values. */
  readonly offsets: Uint32Array;
  readonly dimensions: Uint32Array;
  /** -1 where the dimension is flipped before it is compared, otherwise 1. */
  readonly signs: Float32Array;
  /** What a member counts under `linear`; 1 under all other rules. */
  readonly weights: Float32Array;
}
