import { BitryoshkaError } from '@bitryoshka/core';
import type { Tensor } from '@bitryoshka/core/internal';
import { decodeSafetensors } from '@bitryoshka/core/internal';
import { Tokenizer } from '@huggingface/tokenizers';
import type { ModelFiles } from '../models/model-files.ts';
import { readRecord } from '../models/model-files.ts';
import type { TextModel, TextModelOptions } from '../models/text-model.ts';
import { TextTokenizer } from '../tokens/text-tokenizer.ts';
import { tokenLimit } from '../tokens/token-limit.ts';
import { splitHumps } from './split-humps.ts';
import type { TokenRows } from './token-rows.ts';
import { rowsOfTokens, wordHash } from './token-rows.ts';
import { TokenTable } from './token-table.ts';

/** What `config.json` of a static model says under `bitryoshka`. */
interface StaticConfig {
  readonly kind: 'static';
  readonly version: number;
  /** How often a row occurs in a text counts to this power. */
  readonly countExponent: number;
  /** Tokens of a text that are read. */
  readonly maxTokens: number;
  /** What is taken off every level. */
  readonly levelOffset: number;
  /** The length of a row is `2 ** ((scale - scaleBias) / scaleSteps)`. */
  readonly scaleBias: number;
  readonly scaleSteps: number;
  /** Ids up to this one stand for no text and share row 0. */
  readonly firstToken: number;
  /** Numbers of leading dimensions that it was trained for. */
  readonly prefixes: readonly number[];
}

type Config = Readonly<Record<string, unknown>> & { readonly bitryoshka: StaticConfig };

const version = 1;

export function isStaticConfig(
  config: Readonly<Record<string, unknown>> | undefined,
): config is Config {
  return Object(config?.bitryoshka).kind === 'static';
}

/**
 * Loads a model in which every token has one vector, the same in every text: a text is the sum of the rows
 * of its tokens, of its whole words and of its neighbours. `model/README.md` describes the files.
 *
 * @throws BitryoshkaError `model-failed` or `model-not-found` for files that are missing or do not fit
 */
export async function loadStaticModel(
  files: ModelFiles,
  { bitryoshka: config }: Config,
  options: TextModelOptions,
): Promise<TextModel> {
  checkConfig(files, config);
  const [description, weights] = await Promise.all([
    readRecord(files, 'tokenizer.json'),
    files.read('model.safetensors'),
  ]);
  if (!description || !weights) {
    throw new BitryoshkaError({
      code: 'model-not-found',
      message: `model: "${files.name}" has no ${description ? 'model.safetensors' : 'tokenizer.json'}, expected config.json, tokenizer.json and model.safetensors.`,
      remedy: 'Copy the missing files of the model.',
    });
  }
  options.onFile?.(3, 3);
  checkTokenizer(files, description);
  const tokenizer = new Tokenizer(description, {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
  });
  const { table, rows } = readTable(files, config, decodeSafetensors(weights).tensors, tokenizer);
  const spelled = spelledTokens(tokenizer.get_vocab());
  const longest = config.maxTokens;
  const limit = tokenLimit({ longest, trained: undefined, wanted: options.maxTokens });
  const idsOf = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const isSingle = (word: string) => {
    const ids = idsOf(word);
    return ids.length === 1 || rows.words.has(wordHash(ids, 0, ids.length));
  };
  return {
    files,
    tokenizer: new TextTokenizer(
      {
        idsOf: (text) => idsOf(splitHumps(text, isSingle)),
        splitsAtWhiteSpace: true,
        isUnknown: (id) => spelled[id] === 1,
      },
      limit,
    ),
    dimensions: table.columns,
    matryoshka: config.prefixes.filter((prefix) => prefix < table.columns),
    prefixes: { query: options.queryPrefix ?? '', document: options.documentPrefix ?? '' },
    layerNorm: options.layerNorm ?? false,
    async encode(texts) {
      const bags = texts.map((ids) => rowsOfTokens(rows, ids));
      return table.sum(bags, config.countExponent);
    },
    async identity() {
      const named = ['config.json', 'tokenizer.json', 'model.safetensors'];
      const hashes = await Promise.all(named.map((file) => files.hash(file)));
      const gone = named.find((_, i) => hashes[i] === undefined);
      if (gone) throw failed(files, `has no ${gone} any more`);
      return {
        files: Object.fromEntries(named.map((file, i) => [file, hashes[i]])),
        columns: table.columns,
        limit,
      };
    },
    async dispose() {},
  };
}

function checkConfig(files: ModelFiles, config: StaticConfig): void {
  if (config.version !== version) {
    throw failed(files, `has version ${config.version} of its form, expected ${version}`);
  }
  const { countExponent, maxTokens, levelOffset, scaleBias, scaleSteps, firstToken, prefixes } =
    config;
  const numbers = { countExponent, maxTokens, levelOffset, scaleBias, scaleSteps, firstToken };
  for (const [name, value] of Object.entries(numbers)) {
    const isSize = name === 'maxTokens' || name === 'firstToken';
    const isRight = isSize ? Number.isSafeInteger(value) && value > 0 : Number.isFinite(value);
    if (!isRight) throw failed(files, `says ${name} ${JSON.stringify(value)}, expected a number`);
  }
  if (scaleSteps === 0) throw failed(files, 'says scaleSteps 0, expected another number');
  if (!Array.isArray(prefixes)) throw failed(files, 'says no prefixes, expected a list');
}

/** Of another kind, or with numbers that leave holes, it would take minutes and gigabytes. */
function checkTokenizer(files: ModelFiles, description: Readonly<Record<string, unknown>>): void {
  const { type, vocab } = Object(description.model) as Record<string, unknown>;
  const ids = Object.values(Object(vocab) as Record<string, unknown>);
  const isDense = ids.every(
    (id) => Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < ids.length,
  );
  if (type === 'WordPiece' && ids.length > 0 && isDense) return;
  throw failed(
    files,
    `has a tokenizer of type ${JSON.stringify(type)} with ${ids.length} tokens, expected WordPiece with tokens numbered from 0`,
  );
}

/**
 * By token id: 1 for what the vocabulary has no words for. It is English: other scripts are spelled out letter
 * by letter, and such vectors are all alike.
 */
function spelledTokens(vocabulary: ReadonlyMap<string, number>): Uint8Array {
  const spelled = new Uint8Array(vocabulary.size);
  for (const [token, id] of vocabulary) {
    if (token === '[UNK]' || /^(?:##)?(?!\p{Script=Latin})\p{L}$/u.test(token)) spelled[id] = 1;
  }
  return spelled;
}

interface StaticTensors {
  readonly table: TokenTable;
  readonly rows: TokenRows;
}

/** Rows of tokens come first, then those of whole words, then those of pairs. */
function readTable(
  files: ModelFiles,
  { firstToken, levelOffset, scaleBias, scaleSteps }: StaticConfig,
  tensors: Readonly<Record<string, Tensor>>,
  tokenizer: Tokenizer,
): StaticTensors {
  const { rows: packed, scales, dimension_scales: factors } = tensors;
  const [rows = 0, half = 0, ...more] = packed?.shape ?? [];
  const vocabulary = tokenizer.get_vocab();
  const words = Array.from(tensors.word_keys?.data ?? []);
  const pairs = Array.from(tensors.pair_keys?.data ?? []);
  const ofTokens = vocabulary.size - firstToken;
  const expected = ofTokens + words.length + pairs.length;
  const isTable = more.length === 0 && packed?.data.length === rows * half;
  if (!packed || !isTable || scales?.data.length !== rows || rows !== expected) {
    throw failed(
      files,
      `has ${rows} rows and ${scales?.data.length ?? 0} scales, expected ${expected} of both: ${ofTokens} of tokens, ${words.length} of words and ${pairs.length} of pairs`,
    );
  }
  const columns = 2 * half;
  if (factors?.data.length !== columns) {
    throw failed(files, `has ${factors?.data.length ?? 0} factors, expected ${columns}`);
  }
  const continues = new Uint8Array(vocabulary.size);
  for (const [token, id] of vocabulary) if (token.startsWith('##')) continues[id] = 1;
  return {
    table: new TokenTable({
      packed: packed.data as Uint8Array,
      rows,
      columns,
      offset: levelOffset,
      scales: Float32Array.from(scales.data, (scale) => 2 ** ((scale - scaleBias) / scaleSteps)),
      factors: Float32Array.from(factors.data),
    }),
    rows: {
      firstToken,
      words: new Map(words.map((key, i) => [key, ofTokens + i])),
      pairs: new Map(pairs.map((key, i) => [key, ofTokens + words.length + i])),
      continues,
    },
  };
}

function failed(files: ModelFiles, what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'model-failed',
    message: `model: "${files.name}" ${what}.`,
    remedy: 'Its files are damaged or of another version of this package: copy them again.',
  });
}
