// Sums of a query's values over the bits of codes: plus where a bit is 1, minus where it is 0.
//
// Two ways. Tables hold the sum of every possible byte at every position: eight additions become one
// look-up. Bit-planes hold the p-th binary digit of all values, which are whole numbers then: the sum is
// that of a few population counts. JavaScript's twins add in the same order.

/** `tables` gets 256 sums for each of `bytes` bytes; `values` holds 8 values for each. */
export function fillTables(values: usize, bytes: u32, tables: usize): void {
  for (let byte: u32 = 0; byte < bytes; byte++) {
    const table = tables + (<usize>byte << 10);
    const first = values + (<usize>byte << 5);
    let none: f32 = 0.0;
    for (let bit: u32 = 0; bit < 8; bit++) none -= load<f32>(first + (bit << 2));
    store<f32>(table, none);
    // Each byte differs from one without its highest bit by that bit's value, counted twice.
    for (let bit: u32 = 0; bit < 8; bit++) {
      const size: usize = <usize>4 << bit;
      const twice: f32 = 2.0 * load<f32>(first + (bit << 2));
      if (bit < 2) {
        for (let rest: usize = 0; rest < size; rest += 4) {
          store<f32>(table + size + rest, load<f32>(table + rest) + twice);
        }
      } else {
        const twices = f32x4.splat(twice);
        for (let rest: usize = 0; rest < size; rest += 16) {
          v128.store(table + size + rest, f32x4.add(v128.load(table + rest), twices));
        }
      }
    }
  }
}

/** The sum of each of `count` rows, by tables. */
export function sumByTables(
  codes: usize, words: u32, rows: usize, count: u32, tables: usize, output: usize,
): void {
  const bytes = <usize>words << 3;
  const end = tables + (bytes << 10);
  for (let i: usize = 0; i < count; i++) {
    let p = codes + <usize>load<u32>(rows + (i << 2)) * bytes;
    // Four sums, so that the additions do not wait for one another.
    let a: f32 = 0, b: f32 = 0, c: f32 = 0, d: f32 = 0;
    for (let table = tables; table < end; table += 8192, p += 8) {
      const word = load<u64>(p);
      a += entry(table, word, 0);
      b += entry(table, word, 1);
      c += entry(table, word, 2);
      d += entry(table, word, 3);
      a += entry(table, word, 4);
      b += entry(table, word, 5);
      c += entry(table, word, 6);
      d += entry(table, word, 7);
    }
    store<f32>(output + (i << 2), a + b + (c + d));
  }
}

@inline function entry(table: usize, word: u64, byte: i32): f32 {
  return load<f32>(table + (<usize>byte << 10) + ((<usize>(word >> (byte << 3)) & 255) << 2));
}

/** How many ones a code has in common with each plane, the planes weighted 1, 2, 4 … and the last negative. */
@inline function commonOnes(code: usize, planes: usize, words: u32, digits: u32): i32 {
  let sum: i32 = 0;
  if (digits == 4) {
    for (let w: u32 = 0; w < words; w++, code += 8, planes += 32) {
      const word = load<u64>(code);
      sum += ones(word, planes, 0) + (ones(word, planes, 8) << 1);
      sum += (ones(word, planes, 16) << 2) - (ones(word, planes, 24) << 3);
    }
  } else {
    for (let w: u32 = 0; w < words; w++, code += 8, planes += 64) {
      const word = load<u64>(code);
      sum += ones(word, planes, 0) + (ones(word, planes, 8) << 1);
      sum += (ones(word, planes, 16) << 2) + (ones(word, planes, 24) << 3);
      sum += (ones(word, planes, 32) << 4) + (ones(word, planes, 40) << 5);
      sum += (ones(word, planes, 48) << 6) - (ones(word, planes, 56) << 7);
    }
  }
  return sum;
}

@inline function ones(word: u64, planes: usize, offset: usize): i32 {
  return <i32>popcnt<u64>(word & load<u64>(planes + offset));
}

/** The weighted common ones of each of `count` rows. */
export function sumByPlanes(
  codes: usize, words: u32, rows: usize, count: u32, planes: usize, digits: u32, output: usize,
): void {
  const bytes = <usize>words << 3;
  for (let i: usize = 0; i < count; i++) {
    const code = codes + <usize>load<u32>(rows + (i << 2)) * bytes;
    store<i32>(output + (i << 2), commonOnes(code, planes, words, digits));
  }
}
