import { BitryoshkaError } from '@bitryoshka/core';
import { importModule } from '#platform';

/**
 * What is used of transformers.js: `@huggingface/transformers` 4 and 3 and `@xenova/transformers` 2.17
 * all fit, as modules (`await import('@huggingface/transformers')`).
 */
export interface TransformersLibrary {
  readonly env: object;
  // biome-ignore lint/complexity/noBannedTypes: each version types its own inputs, and none fits another.
  readonly pipeline: Function;
  // biome-ignore lint/complexity/noBannedTypes: as above.
  readonly Tensor: Function;
}

/** The settings of a library, which are those of the whole process. */
export interface LibraryEnvironment {
  version: string;
  localModelPath: string;
  allowLocalModels: boolean;
  allowRemoteModels: boolean;
  useFSCache: boolean;
  useBrowserCache: boolean;
  useCustomCache: boolean;
  remoteHost: string;
  remotePathTemplate: string;
  cacheDir: string | null;
}

/** The same library, as it is called here. */
export interface LoadedLibrary {
  readonly env: LibraryEnvironment;
  readonly pipeline: (task: string, model: string, options: object) => Promise<unknown>;
  readonly Tensor: new (type: string, data: BigInt64Array, dims: readonly number[]) => object;
}

interface Failure {
  readonly name: (typeof libraryNames)[number];
  readonly cause: unknown;
}

/** In the order in which they are looked for. */
const libraryNames = ['@huggingface/transformers', '@xenova/transformers'] as const;

/**
 * The library that was given, or the first one that is installed. Imported on first use: it takes 90 ms,
 * and the bundled model needs none.
 *
 * @throws BitryoshkaError `model-failed` when there is none, or none that can be loaded
 */
export async function findLibrary(
  model: string,
  given: TransformersLibrary | undefined,
): Promise<LoadedLibrary> {
  if (given) return checkLibrary(given);
  const failures: Failure[] = [];
  for (const name of libraryNames) {
    try {
      return checkLibrary(await importModule(name));
    } catch (cause) {
      if (!isNotInstalled(cause, name)) failures.push({ name, cause });
    }
  }
  throw failures[0] ? brokenLibrary(failures[0]) : noLibrary(model);
}

export function majorVersion({ env }: LoadedLibrary): number {
  return Number.parseInt(env.version, 10);
}

function checkLibrary(module: unknown): LoadedLibrary {
  const { env, pipeline, Tensor } = Object(module) as Partial<LoadedLibrary>;
  if (typeof pipeline === 'function' && typeof Tensor === 'function' && env) {
    return module as LoadedLibrary;
  }
  // `require` of a module of ESM, or a bundler, may put it one level down.
  const inner: unknown = Object(module).default;
  if (inner && inner !== module) return checkLibrary(inner);
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `transformers: got ${describe(module)}, expected the module of @huggingface/transformers or @xenova/transformers.`,
    remedy: "Pass `transformers: await import('@huggingface/transformers')`.",
  });
}

function describe(module: unknown): string {
  if (typeof module !== 'object' || module === null) return String(module);
  return `an object with ${Object.keys(module).slice(0, 5).join(', ') || 'nothing'}`;
}

/** Whether the library itself is missing, and not something that it needs. */
function isNotInstalled(cause: unknown, name: string): boolean {
  const { code, message } = Object(cause) as { code?: unknown; message?: unknown };
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    code === 'UNDECLARED_DEPENDENCY' ||
    code === 'MISSING_PEER_DEPENDENCY' ||
    /bare specifier|Failed to resolve module|Cannot find (module|package)/i.test(String(message));
  // The path of who asks for it is in there, too.
  return isMissing && new RegExp(`['"]${name}['"]`).test(String(message));
}

function noLibrary(model: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'model-failed',
    message: `model: "${model}" is run by transformers.js, but got neither ${libraryNames.join(' nor ')} here.`,
    remedy:
      "Run `npm install @huggingface/transformers`; in a bundle or a browser, pass `transformers: await import('@huggingface/transformers')`. Without `model`, the bundled model needs no library.",
  });
}

/** Both import sharp, which text never needs, and which may not have been installed whole. */
const sharpRemedies: Readonly<Record<(typeof libraryNames)[number], string>> = {
  '@huggingface/transformers':
    'Run `npm install sharp`: the installation of its own copy has failed.',
  '@xenova/transformers':
    'Run `npm install @huggingface/transformers`, or override sharp with "^0.34.5" in package.json: it asks for one that downloads a binary.',
};

function remedyFor(name: Failure['name'], reason: string): string {
  if (/sharp/.test(reason)) return sharpRemedies[name];
  // Yarn's Plug'n'Play, of what the library uses without naming it.
  const undeclared = /access ([\w./@-]+), but it isn't declared/.exec(reason)?.[1];
  if (undeclared === undefined) return 'Install it again.';
  return `Name \`${undeclared}\` as a dependency of ${name} under \`packageExtensions\` in .yarnrc.yml.`;
}

function brokenLibrary({ name, cause }: Failure): BitryoshkaError {
  const reason = String(Object(cause).message ?? cause);
  return new BitryoshkaError({
    code: 'model-failed',
    message: `${name} is installed, but could not be imported (${reason}).`,
    remedy: remedyFor(name, reason),
    cause,
  });
}
