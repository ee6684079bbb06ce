import type { Matrix } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { LanguageModel } from '../models/language-model.ts';
import type { TokenEncoder } from './token-encoder.ts';

/** Whether the vector of a token is the same in every text, so that one table holds the model. */
export function isStaticModel({ config, inputNames }: LanguageModel): boolean {
  return (
    config.bitryoshka?.kind === 'static' && inputNames.length === 1 && inputNames[0] === 'input_ids'
  );
}

/**
 * Reads the vectors of all tokens out of a static model once; from then on the mean over a text is a
 * sum of rows, and the model itself is not run again.
 *
 * @throws BitryoshkaError `model-failed`
 */
export async function staticEncoder(model: LanguageModel): Promise<TokenEncoder> {
  const table = await tokenTable(model);
  const { columns } = table;
  return {
    async encode(texts): Promise<Matrix> {
      const means = new Float32Array(texts.length * columns);
      const sum = new Float64Array(columns);
      texts.forEach((ids, i) => {
        sumRows(table, ids, sum);
        for (let j = 0; j < columns; j++) means[i * columns + j] = sum[j]! / ids.length;
      });
      return { rows: texts.length, columns, data: means };
    },
  };
}

/** Four rows at a time: half the time of one by one, which mostly loads and stores the sums. */
function sumRows({ columns, data }: Matrix, ids: readonly number[], sum: Float64Array): void {
  sum.fill(0);
  let i = 0;
  for (; i + 4 <= ids.length; i += 4) {
    const a = ids[i]! * columns;
    const b = ids[i + 1]! * columns;
    const c = ids[i + 2]! * columns;
    const d = ids[i + 3]! * columns;
    for (let j = 0; j < columns; j++) {
      sum[j]! += data[a + j]! + data[b + j]! + data[c + j]! + data[d + j]!;
    }
  }
  for (; i < ids.length; i++) {
    const a = ids[i]! * columns;
    for (let j = 0; j < columns; j++) sum[j]! += data[a + j]!;
  }
}

/** Tokens per run of the model: bounds the memory of the copies. */
const tokensPerRun = 4096;

async function tokenTable(model: LanguageModel): Promise<Matrix> {
  const rows = model.config.vocab_size ?? 0;
  const tokens = model.tokenizer.model.vocab.length;
  if (rows < tokens || tokens === 0) {
    throw new BitryoshkaError({
      code: 'model-failed',
      message: `model: config.json says vocab_size ${rows}, but tokenizer.json has ${tokens} tokens.`,
      remedy: 'Take all files of a model from one place.',
    });
  }
  let table: Matrix | undefined;
  for (let start = 0; start < rows; start += tokensPerRun) {
    const positions = Math.min(tokensPerRun, rows - start);
    const ids = BigInt64Array.from({ length: positions }, (_, i) => BigInt(start + i));
    const mask = new BigInt64Array(positions).fill(1n);
    const { columns, data } = await model.run({ rows: 1, positions, ids, mask });
    table ??= { rows, columns, data: new Float32Array(rows * columns) };
    table.data.set(data, start * columns);
  }
  return table as Matrix;
}
