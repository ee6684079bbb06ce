import { BitryoshkaError } from '@bitryoshka/core';
import { isFileOf } from '#platform';

/** Which export of the weights is run, in the names of transformers.js 3 and 4. */
export type WeightType = 'fp32' | 'fp16' | 'q8' | 'int8' | 'uint8' | 'q4' | 'q4f16' | 'bnb4';

const suffixes: Readonly<Record<WeightType, string>> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

export const weightTypes: readonly WeightType[] = Object.keys(suffixes) as WeightType[];

export function weightsFile(dtype: WeightType): string {
  return `onnx/model${suffixes[dtype]}.onnx`;
}

/**
 * @throws BitryoshkaError `model-not-found` when a folder lacks a file that its model needs
 */
export function checkFiles(folder: string, dtype: WeightType): void {
  const weights = weightsFile(dtype);
  const needed = ['config.json', 'tokenizer.json', 'tokenizer_config.json', weights];
  const missing = needed.filter((file) => !isFileOf(folder, file));
  if (missing.length === 0) return;
  const others = weightTypes.filter((type) => isFileOf(folder, weightsFile(type)));
  throw new BitryoshkaError({
    code: 'model-not-found',
    message: `model: ${folder} has no ${missing.join(', no ')}, expected ${needed.join(', ')}.`,
    remedy:
      missing[0] === weights && others.length > 0
        ? `Set \`dtype\` to ${others.map((type) => `'${type}'`).join(' or ')}: that file is there.`
        : 'Copy the missing files of the model into the folder.',
  });
}
