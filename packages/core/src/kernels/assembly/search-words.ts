// Beam search for words: one of 256 of every book, whose sum comes near to a vector. See
// MatrixKernel.createWordSearch for what is searched.
//
// Book by book, for all vectors, so that what a book is compared with stays in the cache. Vectors and words are whole
// numbers of 16 bits: their products are exact, and half as long as those of float32. Sums of costs are float32, added
// in the order of the books, as in JavaScript's twin, so that both choose the same.

const wordCount: usize = 256;
/** Bytes of a float32 for each word. */
const rowBytes: usize = wordCount << 2;

/** The sums of the lanes of four. */
@inline function laneSums(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const u = i32x4.add(v128.shuffle<i32>(s0, s1, 0, 4, 1, 5), v128.shuffle<i32>(s0, s1, 2, 6, 3, 7));
  const v = i32x4.add(v128.shuffle<i32>(s2, s3, 0, 4, 1, 5), v128.shuffle<i32>(s2, s3, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(u, v, 0, 1, 4, 5), v128.shuffle<i32>(u, v, 2, 3, 6, 7));
}

@inline function step(sum: v128, a: v128, b: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(a, b));
}

/** The products of a vector with the words of a book, times `scale`. */
function multiplyOne(vector: usize, words: usize, bytes: usize, scale: f32, output: usize): void {
  const scales = f32x4.splat(scale);
  for (let word: usize = 0; word < wordCount; word += 4) {
    const b0 = words + word * bytes;
    const b1 = b0 + bytes;
    const b2 = b1 + bytes;
    const b3 = b2 + bytes;
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let p: usize = 0; p < bytes; p += 16) {
      const x = v128.load(vector + p);
      s0 = step(s0, x, v128.load(b0 + p));
      s1 = step(s1, x, v128.load(b1 + p));
      s2 = step(s2, x, v128.load(b2 + p));
      s3 = step(s3, x, v128.load(b3 + p));
    }
    const product = f32x4.mul(f32x4.convert_i32x4_s(laneSums(s0, s1, s2, s3)), scales);
    v128.store(output + (word << 2), product);
  }
}

/** Half of what each word adds to the squared distance by itself: its own half square, less its product. */
function ownCosts(
  vectors: usize, scales: usize, rows: u32, words: usize, bytes: usize, bookScale: f32,
  halfSquares: usize, output: usize,
): void {
  const whole = rows & ~1;
  for (let word: usize = 0; word < wordCount; word += 4) {
    const b0 = words + word * bytes;
    const b1 = b0 + bytes;
    const b2 = b1 + bytes;
    const b3 = b2 + bytes;
    const halves = v128.load(halfSquares + (word << 2));
    for (let i: usize = 0; i < whole; i += 2) {
      const a0 = vectors + i * bytes;
      const a1 = a0 + bytes;
      let s00 = i32x4.splat(0), s01 = s00, s02 = s00, s03 = s00;
      let s10 = s00, s11 = s00, s12 = s00, s13 = s00;
      for (let p: usize = 0; p < bytes; p += 16) {
        const x0 = v128.load(a0 + p);
        const x1 = v128.load(a1 + p);
        const y0 = v128.load(b0 + p);
        const y1 = v128.load(b1 + p);
        const y2 = v128.load(b2 + p);
        const y3 = v128.load(b3 + p);
        s00 = step(s00, x0, y0);
        s01 = step(s01, x0, y1);
        s02 = step(s02, x0, y2);
        s03 = step(s03, x0, y3);
        s10 = step(s10, x1, y0);
        s11 = step(s11, x1, y1);
        s12 = step(s12, x1, y2);
        s13 = step(s13, x1, y3);
      }
      const o = output + i * rowBytes + (word << 2);
      const scale = scales + (i << 2);
      v128.store(o, ownCost(halves, laneSums(s00, s01, s02, s03), load<f32>(scale) * bookScale));
      v128.store(
        o + rowBytes, ownCost(halves, laneSums(s10, s11, s12, s13), load<f32>(scale, 4) * bookScale),
      );
    }
  }
  if (whole < rows) {
    const last = output + <usize>whole * rowBytes;
    const scale = load<f32>(scales + (<usize>whole << 2)) * bookScale;
    multiplyOne(vectors + <usize>whole * bytes, words, bytes, scale, last);
    for (let p: usize = 0; p < rowBytes; p += 16) {
      v128.store(last + p, f32x4.sub(v128.load(halfSquares + p), v128.load(last + p)));
    }
  }
}

@inline function ownCost(halves: v128, sums: v128, scale: f32): v128 {
  return f32x4.sub(halves, f32x4.mul(f32x4.convert_i32x4_s(sums), f32x4.splat(scale)));
}

// What a search works on, which stays the same from vector to vector.
let inner: usize, books: u32, beam: usize;
let bookWords: usize, bookScales: usize, products: usize, isKnown: usize;
// Of the vector at hand: words of its choices, and the choices they go on from, `beam` a book.
let choiceWords: usize, choiceParents: usize;
// The choices of each book that those of the last go on from, and how many: a tree, of which early books are the stem.
let ancestors: usize, ancestorCounts: usize, marks: usize;
let sums: usize;
// What is found, best first.
let found: usize, foundCosts: usize, foundWords: usize, foundParents: usize;

/** The products of a word with those of a later book: computed when they are first asked for. */
@inline function productsOf(book: usize, other: usize, word: usize): usize {
  const at = ((book * (book - 1)) / 2 + other) * wordCount + word;
  const output = products + at * rowBytes;
  if (load<u8>(isKnown + at) == 0) {
    const bytes = inner << 1;
    multiplyOne(
      bookWords + (other * wordCount + word) * bytes, bookWords + book * wordCount * bytes, bytes,
      load<f32>(bookScales + (book << 2)) * load<f32>(bookScales + (other << 2)), output,
    );
    store<u8>(isKnown + at, 1);
  }
  return output;
}

@inline function wordAt(book: usize, choice: usize): usize {
  return <usize>load<u8>(choiceWords + book * beam + choice);
}

@inline function parentAt(book: usize, choice: usize): usize {
  return <usize>load<u8>(choiceParents + book * beam + choice);
}

/**
 * Lists the choices of earlier books that `count` of the book before `book` go on from, and returns the last book of
 * which there is but one; -1 if there is none.
 */
function listAncestors(book: usize, count: usize): i32 {
  let level = book - 1;
  for (let choice: usize = 0; choice < count; choice++) store<u8>(ancestors + level * beam + choice, <u8>choice);
  store<u32>(ancestorCounts + (level << 2), <u32>count);
  while (count > 1) {
    if (level == 0) return -1;
    const own = ancestors + level * beam;
    const next = own - beam;
    let parents: usize = 0;
    for (let n: usize = 0; n < count; n++) {
      const parent = parentAt(level, <usize>load<u8>(own + n));
      if (load<u8>(marks + parent) != 0) continue;
      store<u8>(marks + parent, 1);
      store<u8>(next + parents++, <u8>parent);
    }
    for (let n: usize = 0; n < parents; n++) store<u8>(marks + <usize>load<u8>(next + n), 0);
    level--;
    count = parents;
    store<u32>(ancestorCounts + (level << 2), <u32>count);
  }
  return <i32>level;
}

/** Adds to own costs the products with the words that all choices have in common, up to book `last`. */
function addStem(book: usize, last: usize, own: usize, output: usize): void {
  // The choice of each book, from the last to the first, where the ancestors of branches have no use for the room.
  let choice = <usize>load<u8>(ancestors + last * beam);
  for (let level = last; level > 0; level--) {
    choice = parentAt(level, choice);
    store<u8>(ancestors + (level - 1) * beam, <u8>choice);
  }
  let from = own;
  let level: usize = 0;
  for (; level + 4 <= last + 1; level += 4) {
    const a = stemProducts(book, level);
    const b = stemProducts(book, level + 1);
    const c = stemProducts(book, level + 2);
    const d = stemProducts(book, level + 3);
    for (let p: usize = 0; p < rowBytes; p += 16) {
      const two = f32x4.add(f32x4.add(v128.load(from + p), v128.load(a + p)), v128.load(b + p));
      v128.store(output + p, f32x4.add(f32x4.add(two, v128.load(c + p)), v128.load(d + p)));
    }
    from = output;
  }
  for (; level <= last; level++) {
    add(from, stemProducts(book, level), output);
    from = output;
  }
}

@inline function stemProducts(book: usize, level: usize): usize {
  return productsOf(book, level, wordAt(level, <usize>load<u8>(ancestors + level * beam)));
}

@inline function add(from: usize, addend: usize, output: usize): void {
  for (let p: usize = 0; p < rowBytes; p += 16) {
    v128.store(output + p, f32x4.add(v128.load(from + p), v128.load(addend + p)));
  }
}

/** Puts what a choice costs with each word of the next book in its place among those that were found. */
function scan(before: f32, costs: usize, choice: usize): void {
  const added = f32x4.splat(before);
  let limit: f32 = found < beam ? Infinity : load<f32>(foundCosts + ((beam - 1) << 2));
  for (let p: usize = 0; p < rowBytes; p += 64) {
    const a = f32x4.min(v128.load(costs + p), v128.load(costs + p, 16));
    const b = f32x4.min(v128.load(costs + p, 32), v128.load(costs + p, 48));
    const least = f32x4.add(f32x4.min(a, b), added);
    if (!v128.any_true(f32x4.lt(least, f32x4.splat(limit)))) continue;
    for (let q = p; q < p + 64; q += 4) {
      const cost = before + load<f32>(costs + q);
      if (cost >= limit) continue;
      if (found < beam) found++;
      insert(cost, choice, q >> 2);
      if (found == beam) limit = load<f32>(foundCosts + ((beam - 1) << 2));
    }
  }
}

@inline function insert(cost: f32, choice: usize, word: usize): void {
  let at = found - 1;
  for (; at > 0 && load<f32>(foundCosts + ((at - 1) << 2)) > cost; at--) {
    store<f32>(foundCosts + (at << 2), load<f32>(foundCosts + ((at - 1) << 2)));
    store<u8>(foundWords + at, load<u8>(foundWords + at - 1));
    store<u8>(foundParents + at, load<u8>(foundParents + at - 1));
  }
  store<f32>(foundCosts + (at << 2), cost);
  store<u8>(foundWords + at, <u8>word);
  store<u8>(foundParents + at, <u8>choice);
}

/** Goes on from the choices of the books before to those of a book. */
function extend(book: usize, own: usize, costs: usize, count: usize): void {
  found = 0;
  if (book == 0) {
    scan(0, own, 0);
    return;
  }
  const stem = listAncestors(book, count);
  let root = own;
  // Room for the sums of the books in turns, behind that of the stem.
  let before = sums + rowBytes;
  let after = before + beam * rowBytes;
  if (stem >= 0) {
    root = sums;
    addStem(book, <usize>stem, own, root);
  }
  const last = book - 1;
  for (let level = <usize>(stem + 1); level < book; level++) {
    const isFirst = level == <usize>(stem + 1);
    const nodes = <usize>load<u32>(ancestorCounts + (level << 2));
    for (let n: usize = 0; n < nodes; n++) {
      const choice = <usize>load<u8>(ancestors + level * beam + n);
      const from = isFirst ? root : before + parentAt(level, choice) * rowBytes;
      add(from, productsOf(book, level, wordAt(level, choice)), after + choice * rowBytes);
    }
    const swapped = before;
    before = after;
    after = swapped;
  }
  for (let choice: usize = 0; choice < count; choice++) {
    scan(load<f32>(costs + (choice << 2)), <usize>stem == last ? root : before + choice * rowBytes, choice);
  }
}

/**
 * `vectors` has `rows` rows of `columns` whole numbers, a multiple of 8, of which each is worth its row's `scale`;
 * `words` has 256 such rows for each of `bookCount` books, worth the book's; `halves` is half the square of each word.
 * `table` has 256 values for every word of every book before every other, `known` a byte for each such row, 0 at
 * first. There is room for 256 values a row at `own`; for `kept` values and counts a row at `costs` and `counts`, for a
 * byte each, and book, at `chosen` and `parents`; for 2 · `kept` + 1 rows of 256 values at `sum`; and for as many bytes
 * as books and choices, and eight for each choice, at `scratch`. `output` gets a byte per book and row.
 */
export function searchWords(
  vectors: usize, scales: usize, rows: u32, columns: u32, words: usize, wordScales: usize, halves: usize,
  bookCount: u32, kept: u32, table: usize, known: usize, own: usize, costs: usize, counts: usize,
  chosen: usize, parents: usize, sum: usize, scratch: usize, output: usize,
): void {
  inner = columns;
  books = bookCount;
  beam = kept;
  bookWords = words;
  bookScales = wordScales;
  products = table;
  isKnown = known;
  sums = sum;
  foundCosts = scratch;
  ancestorCounts = foundCosts + (beam << 2);
  foundWords = ancestorCounts + (<usize>books << 2);
  foundParents = foundWords + beam;
  marks = foundParents + beam;
  ancestors = marks + beam;
  const bytes = inner << 1;
  const perRow = <usize>books * beam;
  for (let book: usize = 0; book < <usize>books; book++) {
    ownCosts(
      vectors, scales, rows, words + book * wordCount * bytes, bytes,
      load<f32>(wordScales + (book << 2)), halves + book * rowBytes, own,
    );
    for (let i: usize = 0; i < <usize>rows; i++) {
      choiceWords = chosen + i * perRow;
      choiceParents = parents + i * perRow;
      const rowCosts = costs + ((i * beam) << 2);
      extend(book, own + i * rowBytes, rowCosts, <usize>load<u32>(counts + (i << 2)));
      memory.copy(rowCosts, foundCosts, found << 2);
      memory.copy(choiceWords + book * beam, foundWords, found);
      memory.copy(choiceParents + book * beam, foundParents, found);
      store<u32>(counts + (i << 2), <u32>found);
    }
  }
  for (let i: usize = 0; i < <usize>rows; i++) {
    choiceWords = chosen + i * perRow;
    choiceParents = parents + i * perRow;
    let choice: usize = 0;
    for (let book = <i32>books - 1; book >= 0; book--) {
      store<u8>(output + i * <usize>books + book, <u8>wordAt(book, choice));
      choice = parentAt(book, choice);
    }
  }
}
