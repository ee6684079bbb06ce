// @bitryoshka/core alone: you have vectors, from any model, and want them small and fast to search.
import { BinaryIndex, fitQuantizer, loadQuantizer } from '@bitryoshka/core';

// Stand-ins for your own vectors: 2,000 of 96 dimensions, in 40 clusters.
const vectors = Array.from({ length: 2000 }, (_, i) =>
  Array.from(
    { length: 96 },
    (_, j) => Math.sin((i % 40) * (j + 1)) + 0.3 * Math.sin(i * 7.1 + j * 3.3),
  ),
);

// Learn 64-bit codes from them. The quantizer is small and can be kept for later.
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 64 });
const file = quantizer.save();
console.log(
  `quantizer: ${file.length} bytes; a vector: ${96 * 4} bytes, its code: ${quantizer.bits / 8}`,
);

// Search: codes find the candidates, stored vectors decide among them.
const index = new BinaryIndex({ quantizer: loadQuantizer(file) });
index.add(vectors);
for (const { row, score } of index.search(vectors[123], { k: 3 })) {
  console.log(`row ${row}, cluster ${row % 40}, cosine ${score.toFixed(3)}`);
}

// Or take the codes to another system: packed bits, one row per vector.
const codes = quantizer.encode(vectors.slice(0, 2), 'document');
console.log(codes.rows, 'codes of', codes.bytesPerCode, 'bytes');
