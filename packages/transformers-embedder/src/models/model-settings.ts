import { BitryoshkaError } from '@bitryoshka/core';
import type { Pooling } from '../transformers/pooling.ts';
import type { ModelFiles } from './model-files.ts';
import { readJson, readRecord } from './model-files.ts';

/** A linear layer behind the pooling, as sentence-transformers keeps it in a folder of the model. */
export interface DenseModule {
  readonly folder: string;
  readonly activation: 'identity' | 'tanh';
}

/** What the files that sentence-transformers puts beside a model say about it; undefined: nothing. */
export interface ModelSettings {
  readonly pooling?: Pooling;
  /** What stands behind the pooling and this package cannot do; only an export that holds it is right. */
  readonly unsupported?: string;
  readonly dense: readonly DenseModule[];
  readonly queryPrefix?: string;
  readonly documentPrefix?: string;
  readonly maxTokens?: number;
}

/** Files that hold settings, besides those that `modules.json` names. */
const settingsFiles = {
  modules: 'modules.json',
  pooling: '1_Pooling/config.json',
  prompts: 'config_sentence_transformers.json',
  lengths: 'sentence_bert_config.json',
} as const;

/**
 * @throws BitryoshkaError `model-failed` for files that are no JSON
 */
export async function readSettings(files: ModelFiles): Promise<ModelSettings> {
  const modules = await readModules(files);
  const [poolingConfig, prompts, lengths] = await Promise.all([
    readRecord(files, `${modules.pooling ?? '1_Pooling'}/config.json`),
    readRecord(files, settingsFiles.prompts),
    readRecord(files, settingsFiles.lengths),
  ]);
  const { pooling, unsupported } = poolingConfig ? readPooling(poolingConfig) : {};
  const dense = await Promise.all(modules.dense.map((folder) => readDense(files, folder)));
  const wrong = unsupported ?? modules.unsupported ?? dense.find((layer) => 'unsupported' in layer);
  const maxTokens = lengths?.max_seq_length;
  return {
    ...(pooling && { pooling }),
    ...(wrong && { unsupported: typeof wrong === 'string' ? wrong : wrong.unsupported }),
    dense: dense.filter((layer) => 'activation' in layer),
    ...readPrompts(prompts),
    ...(typeof maxTokens === 'number' && maxTokens > 0 && { maxTokens }),
  };
}

function strangePath(files: ModelFiles, path: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'model-failed',
    message: `model: modules.json of "${files.name}" names ${JSON.stringify(path.slice(0, 100))}, expected a folder of the model.`,
    remedy: 'The file is damaged: copy the model again.',
  });
}

interface Modules {
  readonly pooling?: string;
  readonly dense: readonly string[];
  readonly unsupported?: string;
}

/** What stands behind the transformer itself, in order. */
async function readModules(files: ModelFiles): Promise<Modules> {
  const modules = await readJson(files, settingsFiles.modules);
  if (!Array.isArray(modules)) return { dense: [] };
  const found: { pooling?: string; dense: string[]; unsupported?: string } = { dense: [] };
  for (const module of modules) {
    const { type, path } = Object(module) as { type?: unknown; path?: unknown };
    const kind = String(type).split('.').at(-1) ?? '';
    const folder = typeof path === 'string' ? path : '';
    if (!/^[\w-]*$/.test(folder)) throw strangePath(files, folder);
    if (kind === 'Pooling') found.pooling = folder;
    else if (kind === 'Dense') found.dense.push(folder);
    // Vectors are scaled to unit length in any case, unless the caller wants otherwise.
    else if (kind !== 'Transformer' && kind !== 'Normalize')
      found.unsupported ??= `a ${kind} module`;
  }
  return found;
}

/** In the files of sentence-transformers before version 5.4, and since. */
const poolingFlags: Readonly<Record<string, Pooling>> = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_lasttoken: 'last-token',
};
const poolingNames: Readonly<Record<string, Pooling>> = {
  cls: 'cls',
  mean: 'mean',
  lasttoken: 'last-token',
};

function readPooling(config: Readonly<Record<string, unknown>>): {
  pooling?: Pooling;
  unsupported?: string;
} {
  const flags = Object.keys(config).filter(
    (key) => key.startsWith('pooling_mode_') && config[key] === true,
  );
  const name = config.pooling_mode;
  const modes = typeof name === 'string' ? [name] : flags;
  if (modes.length === 0) return {};
  const pooling = poolingFlags[modes[0] ?? ''] ?? poolingNames[modes[0] ?? ''];
  if (modes.length > 1 || !pooling) return { unsupported: `pooling by ${modes.join(' and ')}` };
  if (config.include_prompt === false) {
    return { pooling, unsupported: 'pooling that leaves out the prompt' };
  }
  return { pooling };
}

async function readDense(
  files: ModelFiles,
  folder: string,
): Promise<DenseModule | { readonly unsupported: string }> {
  const config = await readRecord(files, `${folder}/config.json`);
  const { activation_function: name = 'Identity' } = config ?? {};
  const activation = typeof name === 'string' ? name.split('.').at(-1) : JSON.stringify(name);
  if (activation === 'Identity') return { folder, activation: 'identity' };
  if (activation === 'Tanh') return { folder, activation: 'tanh' };
  return { unsupported: `a Dense module with ${activation}` };
}

/** Names of prompts as `encode_query` and `encode_document` of sentence-transformers look for them. */
const promptNames = {
  queryPrefix: ['query'],
  documentPrefix: ['document', 'passage', 'corpus'],
} as const;

function readPrompts(
  config: Readonly<Record<string, unknown>> | undefined,
): Pick<ModelSettings, 'queryPrefix' | 'documentPrefix'> {
  const prompts = Object(config?.prompts) as Readonly<Record<string, unknown>>;
  const fallback = config?.default_prompt_name;
  const found: { queryPrefix?: string; documentPrefix?: string } = {};
  for (const side of ['queryPrefix', 'documentPrefix'] as const) {
    const names = [...promptNames[side], ...(typeof fallback === 'string' ? [fallback] : [])];
    const prompt = names.map((name) => prompts[name]).find((text) => typeof text === 'string');
    if (typeof prompt === 'string') found[side] = prompt;
  }
  return found;
}

/**
 * @throws BitryoshkaError `not-supported`
 */
export function refuseUnsupported(name: string, { unsupported }: ModelSettings): void {
  if (unsupported === undefined) return;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `model: "${name}" was trained with ${unsupported}, without which its vectors are wrong, expected pooling by cls, mean or last token and Dense modules.`,
    remedy:
      'Take an ONNX export that has the output `sentence_embedding`, or set `pooling` if you know better.',
  });
}
