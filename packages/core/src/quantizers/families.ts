import { loadAffine } from './affine-quantizer.ts';
import type { FamilyFitter } from './fitter.ts';
import { checkChoice, invalidOption } from './fitter.ts';
import type { GroupOptions } from './groups/fit-groups.ts';
import { fitGroups } from './groups/fit-groups.ts';
import { loadGroups } from './groups/group-quantizer.ts';
import type { LearnedOptions } from './learned/fit-learned.ts';
import { fitLearned } from './learned/fit-learned.ts';
import { loadLearned } from './learned/learned-quantizer.ts';
import type { Quantizer } from './quantizer.ts';
import type { QuantizerFile } from './quantizer-file.ts';
import type { ResidualOptions } from './residual/fit-residual-quantizer.ts';
import { fitResidualQuantizer } from './residual/fit-residual-quantizer.ts';
import { loadResidual } from './residual/residual-quantizer.ts';
import type { RotationOptions } from './rotation/fit-rotation.ts';
import { fitRotation, mostRandomBits } from './rotation/fit-rotation.ts';
import type { ThresholdOptions } from './thresholds/fit-thresholds.ts';
import { fitThresholds } from './thresholds/fit-thresholds.ts';

/** What families can be told, each under its name. */
export interface FamilyOptions {
  /** Dimensions as they are, each with a threshold. */
  readonly thresholds?: ThresholdOptions | undefined;
  /** Several dimensions to a bit, or several bits to a dimension. */
  readonly groups?: GroupOptions | undefined;
  /** Bits of rotated vectors. */
  readonly rotation?: RotationOptions | undefined;
  /** Codes that are chosen to be decoded, and may be trained. */
  readonly learned?: LearnedOptions | undefined;
  /** First bits, and bytes that name vectors for what these leave. */
  readonly residual?: ResidualOptions | undefined;
}

type FamilyName = keyof FamilyOptions;

type Fitters = {
  readonly [Name in FamilyName]: FamilyFitter<NonNullable<FamilyOptions[Name]>>;
};

/** How each family is fitted. Beside the loaders, not in one table with them: who only loads has none of these. */
export const fitters: Fitters = {
  thresholds: fitThresholds,
  groups: fitGroups,
  rotation: fitRotation,
  learned: fitLearned,
  residual: fitResidualQuantizer,
};

/** How each is loaded, by the `form` in its file; the last two are forms of earlier versions. */
export const loaders: Readonly<Record<string, (file: QuantizerFile) => Quantizer>> = {
  affine: loadAffine,
  hadamard: loadAffine,
  groups: loadGroups,
  learned: loadLearned,
  residual: loadResidual,
  autoencoder: loadLearned,
  head: loadLearned,
};

type ShortName =
  | 'sign'
  | 'mean'
  | 'median'
  | 'otsu'
  | 'lloyd-max'
  | 'learned-thresholds'
  | 'median-per-side'
  | 'learned-per-side'
  | 'groups-linear'
  | 'thermometer'
  | 'planned'
  | 'pca-planned'
  | 'random'
  | 'pca'
  | 'itq'
  | 'autoencoder'
  | 'head';

/** Short for a family and options of it; the names by which quantizers say what they are. */
const shortNames: Readonly<Record<ShortName, FamilyOptions>> = {
  sign: { thresholds: { rule: 'zero' } },
  mean: { thresholds: { rule: 'mean' } },
  median: { thresholds: { rule: 'median' } },
  otsu: { thresholds: { rule: 'otsu' } },
  'lloyd-max': { thresholds: { rule: 'lloyd-max' } },
  'learned-thresholds': { thresholds: { rule: 'learned' } },
  'median-per-side': { thresholds: { rule: 'median', perSide: true } },
  'learned-per-side': { thresholds: { rule: 'learned', perSide: true } },
  'groups-linear': { groups: { rule: 'linear' } },
  thermometer: { groups: { layout: 'thermometer' } },
  planned: { groups: { layout: 'planned' } },
  'pca-planned': { groups: { layout: 'pca-planned' } },
  random: { rotation: { basis: 'random' } },
  pca: { rotation: { basis: 'pca' } },
  itq: { rotation: { basis: 'itq' } },
  autoencoder: { learned: { train: false } },
  head: { learned: { train: true } },
};

/**
 * A family, with its options under its name:
 *
 * - `thresholds`: the first `bits` dimensions, 1 where a value is above a threshold.
 * - `groups`: the leading dimensions one to one, later ones in groups of correlated dimensions; or several bits to a
 *   dimension.
 * - `rotation`: random directions, or principal components, as they are or rotated so that taking signs loses least.
 * - `learned`: the codes from which a linear decoder restores the vectors best; trained, if asked for.
 * - `residual`: first bits as of `learned`, and bytes that name vectors for what these leave.
 *
 * Or a short name for a family and some of its options: `sign`, `mean`, `median`, `otsu`, `lloyd-max`,
 * `learned-thresholds`, `median-per-side`, `learned-per-side` (thresholds); `groups-linear`, `thermometer`, `planned`,
 * `pca-planned` (groups); `random`, `pca`, `itq` (rotation); `autoencoder`, `head` (learned, not trained and trained).
 */
export type QuantizerKind = FamilyName | ShortName;

/** Every family and every short name. */
export const quantizerKinds: readonly QuantizerKind[] = /* @__PURE__ */ allKinds();

function allKinds(): QuantizerKind[] {
  return Object.keys({ ...fitters, ...shortNames }) as QuantizerKind[];
}

/** What each family can be told. */
const optionNames: {
  readonly [Name in FamilyName]: readonly (keyof NonNullable<FamilyOptions[Name]>)[];
} = {
  thresholds: ['rule', 'perSide', 'quantile'],
  groups: ['layout', 'rule'],
  rotation: ['basis', 'nested'],
  learned: ['train'],
  residual: ['firstBits'],
};

/** A family, and what it is told. */
export type ResolvedKind = {
  readonly [Name in FamilyName]: {
    readonly family: Name;
    readonly own: NonNullable<FamilyOptions[Name]>;
  };
}[FamilyName];

/**
 * What a kind and options come to.
 *
 * @throws BitryoshkaError `invalid-option` for an unknown kind, for options of another family, and for those that are
 *   at odds with a short name
 */
export function resolveKind(kind: QuantizerKind, options: FamilyOptions): ResolvedKind {
  checkChoice('kind', kind, quantizerKinds);
  const meant: FamilyOptions = kind in fitters ? { [kind]: {} } : shortNames[kind as ShortName];
  const [family] = Object.keys(meant) as [FamilyName];
  for (const other of Object.keys(fitters) as FamilyName[]) {
    if (other === family || options[other] === undefined) continue;
    throw invalidOption(other, 'options', `none, as kind "${kind}" is of the family ${family}`);
  }
  const [implied, given] = [meant[family], options[family]] as Record<string, unknown>[];
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw invalidOption(family, given, 'an object of options');
  }
  if (Array.isArray(given)) throw invalidOption(family, 'a list', 'an object of options');
  const names: readonly string[] = optionNames[family];
  const unknown = Object.keys(given ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw invalidOption(`${family}.${unknown}`, given?.[unknown], `one of ${names.join(', ')}`);
  }
  for (const [name, value] of Object.entries(implied)) {
    const own = given?.[name];
    const isMore = value === true && typeof own === 'object' && own !== null;
    if (own === undefined || own === value || isMore) continue;
    throw invalidOption(`${family}.${name}`, own, `${String(value)}, as kind "${kind}" says`);
  }
  return { family, own: { ...implied, ...withoutUndefined(given) } } as ResolvedKind;
}

function withoutUndefined(options: Readonly<Record<string, unknown>> | undefined): object {
  return Object.fromEntries(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined),
  );
}

/**
 * The longest code that a kind makes of vectors: a bit for each dimension, but for random directions, which may be
 * more than there are dimensions, and for `residual`, most of whose bits are bytes.
 */
export function mostBits(
  { kind, ...options }: { readonly kind: QuantizerKind | 'tuned' } & FamilyOptions,
  dimensions: number,
): number {
  if (kind === 'tuned') return dimensions;
  const resolved = resolveKind(kind, options);
  if (resolved.family === 'residual') return 16 * Math.floor(dimensions / 8);
  const isRandom = resolved.family === 'rotation' && resolved.own.basis === 'random';
  return isRandom ? mostRandomBits(dimensions) : dimensions;
}
