import type { AffineMap, Matrix } from '@bitryoshka/core';
import { applyAffineMap, BitryoshkaError } from '@bitryoshka/core';
import { decodeSafetensors } from '@bitryoshka/core/internal';
import type { ModelFiles } from '../models/model-files.ts';
import type { DenseModule } from '../models/model-settings.ts';

/** Applies the layers that a model has behind its pooling. */
export type DenseLayers = (vectors: Matrix) => Matrix;

/**
 * @throws BitryoshkaError `model-failed` where weights are missing or of another shape
 */
export async function readDenseLayers(
  files: ModelFiles,
  modules: readonly DenseModule[],
): Promise<DenseLayers> {
  const layers = await Promise.all(
    modules.map(async ({ folder, activation }) => ({
      map: await readLinear(files, folder),
      activation,
    })),
  );
  return (vectors) =>
    layers.reduce((values, { map, activation }) => {
      const mapped = applyAffineMap(map, values);
      return activation === 'tanh' ? { ...mapped, data: mapped.data.map(Math.tanh) } : mapped;
    }, vectors);
}

async function readLinear(files: ModelFiles, folder: string): Promise<AffineMap> {
  const file = `${folder}/model.safetensors`;
  const bytes = await files.read(file);
  if (!bytes) {
    throw new BitryoshkaError({
      code: 'model-failed',
      message: `model: "${files.name}" has a Dense module behind its pooling, but no ${file}; without it its vectors are wrong.`,
      remedy:
        'Copy the file from the original model, or take an ONNX export that has the output `sentence_embedding`.',
    });
  }
  const { 'linear.weight': weight, 'linear.bias': bias } = decodeSafetensors(bytes).tensors;
  const [outputs = 0, inputs = 0, ...more] = weight?.shape ?? [];
  const isMatrix = more.length === 0 && outputs * inputs > 0;
  if (!weight || !isMatrix || (bias && bias.data.length !== outputs)) {
    throw new BitryoshkaError({
      code: 'model-failed',
      message: `model: ${file} of "${files.name}" has the weight ${outputs} x ${inputs} and the bias ${bias?.data.length ?? 'none'}, expected linear.weight of outputs x inputs.`,
      remedy: 'The file is damaged: copy the model again.',
    });
  }
  return {
    weights: { rows: outputs, columns: inputs, data: Float32Array.from(weight.data) },
    bias: Float32Array.from(bias?.data ?? new Float32Array(outputs)),
    inputDimensions: inputs,
  };
}
