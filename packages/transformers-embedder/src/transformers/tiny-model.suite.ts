import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const { DataType } = onnx.TensorProto;

const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const vocabulary = [
  ...special,
  ...letters,
  ...letters.map((letter) => `##${letter}`),
  ':',
  'river',
];
const columns = 4;

export interface TinyModelOptions {
  /** Whether the graph pools by itself, into a vector that pooling of tokens cannot give. */
  readonly isPooled?: boolean;
  /** More files, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/**
 * A transformer in the layout of transformers.js, as small as can be: the vector of a token is its row of a
 * table plus a tenth of the mean of the whole text, so that neighbours and padding count.
 */
export function writeTinyModel(folder: string, options: TinyModelOptions = {}): void {
  const { isPooled = false, files = {} } = options;
  const tokens = Object.fromEntries(
    special.map((token) => [`${token.slice(1, -1).toLowerCase()}_token`, token]),
  );
  const contents: Record<string, string | Uint8Array> = {
    'config.json': JSON.stringify({
      model_type: 'bert',
      hidden_size: columns,
      vocab_size: vocabulary.length,
      max_position_embeddings: 64,
    }),
    'tokenizer.json': JSON.stringify(tokenizer()),
    'tokenizer_config.json': JSON.stringify({
      tokenizer_class: 'BertTokenizer',
      do_lower_case: true,
      model_max_length: 64,
      ...tokens,
    }),
    'onnx/model_quantized.onnx': graph(tableOf('q8'), isPooled),
    'onnx/model.onnx': graph(tableOf('fp32'), isPooled),
    ...files,
  };
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Another table for each export, so that they can be told apart. */
function tableOf(dtype: 'q8' | 'fp32'): Float32Array<ArrayBuffer> {
  const phase = dtype === 'q8' ? 0 : 1;
  return Float32Array.from({ length: vocabulary.length * columns }, (_, i) =>
    Math.sin(i * 1.7 + phase),
  );
}

/** The ids of words of known letters, special tokens included. */
export function tinyIds(text: string): number[] {
  const ids = text
    .split(' ')
    .filter(Boolean)
    .flatMap((word) => {
      const whole = vocabulary.indexOf(word);
      if (whole >= 0) return [whole];
      return word
        .split('')
        .map((letter, i) => vocabulary.indexOf(i === 0 ? letter : `##${letter}`));
    });
  return [vocabulary.indexOf('[CLS]'), ...ids, vocabulary.indexOf('[SEP]')];
}

/** What the graph gives for every token of one text. */
export function tinyTokenVectors(ids: readonly number[], dtype: 'q8' | 'fp32' = 'q8'): number[][] {
  const table = tableOf(dtype);
  const rows = ids.map((id) => Array.from(table.subarray(id * columns, (id + 1) * columns)));
  const mean = meanOf(rows);
  return rows.map((row) => row.map((value, j) => value + 0.1 * (mean[j] as number)));
}

export function meanOf(rows: readonly (readonly number[])[]): number[] {
  return Array.from(
    { length: rows[0]?.length ?? 0 },
    (_, j) => rows.reduce((sum, row) => sum + (row[j] as number), 0) / rows.length,
  );
}

function tokenizer() {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
        { SpecialToken: { id: '[SEP]', type_id: 1 } },
      ],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
}

function graph(table: Float32Array<ArrayBuffer>, isPooled: boolean): Uint8Array {
  const axes = [attribute('axes', [1])];
  const keep = { name: 'keepdims', type: onnx.AttributeProto.AttributeType.INT, i: 1 };
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      // The newest version that onnxruntime 1.14, and so @xenova/transformers, can read.
      irVersion: 8,
      producerName: 'bitryoshka',
      opsetImport: [{ domain: '', version: 11 }],
      graph: {
        name: 'tiny',
        initializer: [
          tensor('table', [vocabulary.length, columns], table),
          tensor('tenth', [1], Float32Array.of(0.1)),
          ...(isPooled ? [tensor('hundred', [1], Float32Array.of(100))] : []),
        ],
        node: [
          node('Gather', ['table', 'input_ids'], 'rows'),
          node('Cast', ['attention_mask'], 'mask', [
            { name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: DataType.FLOAT },
          ]),
          node('Unsqueeze', ['mask'], 'mask3', [attribute('axes', [2])]),
          node('Mul', ['rows', 'mask3'], 'masked'),
          node('ReduceSum', ['masked'], 'sum', [...axes, keep]),
          node('ReduceSum', ['mask3'], 'count', [...axes, keep]),
          node('Div', ['sum', 'count'], 'mean'),
          node('Mul', ['mean', 'tenth'], 'context'),
          node('Add', ['rows', 'context'], 'last_hidden_state'),
          ...(isPooled
            ? [
                node('Squeeze', ['mean'], 'flat', axes),
                node('Mul', ['flat', 'flat'], 'squared'),
                node('Mul', ['squared', 'hundred'], 'sentence_embedding'),
              ]
            : []),
        ],
        input: [
          value('input_ids', DataType.INT64, ['batch', 'sequence']),
          value('attention_mask', DataType.INT64, ['batch', 'sequence']),
        ],
        output: [
          value('last_hidden_state', DataType.FLOAT, ['batch', 'sequence', columns]),
          ...(isPooled ? [value('sentence_embedding', DataType.FLOAT, ['batch', columns])] : []),
        ],
      },
    }),
  ).finish();
}

function tensor(name: string, dims: number[], values: Float32Array<ArrayBuffer>) {
  return { name, dataType: DataType.FLOAT, dims, rawData: new Uint8Array(values.buffer) };
}

function attribute(name: string, ints: number[]) {
  return { name, type: onnx.AttributeProto.AttributeType.INTS, ints };
}

function node(opType: string, input: string[], output: string, attributes: object[] = []) {
  return { opType, name: output, input, output: [output], attribute: attributes };
}

function value(name: string, elemType: number, shape: (string | number)[]) {
  const dim = shape.map((size) =>
    typeof size === 'string' ? { dimParam: size } : { dimValue: size },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
