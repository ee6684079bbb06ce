/** The fast Walsh–Hadamard transform in natural order, in place, not normalised. */
export function walshHadamard(values: Float32Array): void {
  for (let apart = 1; apart < values.length; apart *= 2) {
    for (let block = 0; block < values.length; block += 2 * apart) {
      for (let a = block; a < block + apart; a++) {
        const x = values[a];
        const y = values[a + apart];
        values[a] = x + y;
        values[a + apart] = x - y;
      }
    }
  }
}
