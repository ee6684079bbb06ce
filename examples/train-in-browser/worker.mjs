// Trains in a worker, so that the page can draw every frame meanwhile.
import { trainCodes } from '@bitryoshka/core/training';

self.onmessage = async ({ data: { vectors, options } }) => {
  try {
    const { quantizer, stages } = await trainCodes(vectors, {
      ...options,
      onProgress: (progress) => self.postMessage({ progress }),
    });
    const file = quantizer.save();
    const { kind, bits } = quantizer;
    self.postMessage({ fit: { file, kind, bits, stages } }, [file.buffer]);
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
