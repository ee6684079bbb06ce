// A graph of codes, each linked with near ones, and walks along it.
//
// Nodes lie in chunks of 1,024: codes, then links, ended by `none` where there is room for more. A bit for each node
// says whether it can be found, a byte which walk was there last. A walk looks at the links of the nearest node
// whose links it has not seen, until there is none among the nearest that it is to find.
//
// A distance is what the weights come to of the bits in which a code differs from the query. Distances are told apart
// by classes, and what is known of a class is a list, so that nothing is sorted.

import {
  Bits256, Bits384, Bits512, countsInVectors, distance64, distance128, distance256, distanceOfFour,
  distanceOfVectors, ones,
} from './scan';

const none: u32 = 0xffffffff;
/** Of what a walk notes of a node: node, class (`none` if it cannot be found), the next of its class, distance. */
const noteBytes: usize = 16;
/** Of a node that a step comes to: node, address of its code, which its distance takes the place of. */
const freshBytes: usize = 8;
/** Bytes that a processor fetches together. */
const cacheLine: usize = 64;
/** Nodes whose links are looked at together, at most. */
const mostSteps: usize = 8;
/** Nodes that walks begin at, at most: as many as are surely fewer than fit in `fresh`. */
const mostEntries: usize = 16;

let chunks: usize = 0;
let firstLinks: usize = 0;
let words: u32 = 0;
let codeStride: usize = 0;
let degree: usize = 0;
/** Bytes of a chunk besides its codes, and besides its links. */
let codeSkip: usize = 0;
let linksSkip: usize = 0;

/** Where nodes are and what they are made of. Returns the bytes of a chunk. */
export function layGraph(first: usize, wordsPerCode: u32, stride: usize, mostLinks: u32): usize {
  chunks = first;
  words = wordsPerCode;
  codeStride = stride;
  degree = mostLinks;
  linksSkip = stride << 10;
  codeSkip = degree << 12;
  firstLinks = first + linksSkip;
  return linksSkip + codeSkip;
}

let alive: usize = 0;
let entries: usize = 0;
let visited: usize = 0;
let query: usize = 0;
let heads: usize = 0;
let counters: usize = 0;
let fresh: usize = 0;
let steps: usize = 0;
let kept: usize = 0;
let notes: usize = 0;
let output: usize = 0;

/**
 * Lays out what is kept of `nodes` nodes besides them, a bit for each that can be found first, and what walks need.
 * Returns where it ends.
 */
export function layNotes(first: usize, queryBytes: usize, classes: usize, nodes: usize): usize {
  alive = first;
  visited = alive + (nodes >> 3);
  entries = visited + nodes;
  query = entries + (mostEntries << 2);
  heads = query + queryBytes;
  counters = heads + (classes << 2);
  fresh = counters + (classes << 2);
  steps = fresh + (mostSteps * degree + 1) * freshBytes;
  kept = steps + (mostSteps << 2);
  notes = (kept + (degree << 2) + 15) & ~15;
  output = notes + nodes * noteBytes;
  return output + (nodes << 3);
}

@inline function codeOf(node: u32): usize {
  return chunks + <usize>(node >> 10) * codeSkip + <usize>node * codeStride;
}
@inline function linksOf(node: u32): usize {
  return firstLinks + <usize>(node >> 10) * linksSkip + <usize>node * (degree << 2);
}
@inline function isSet(bitmap: usize, node: u32): bool {
  return ((load<u8>(bitmap + <usize>(node >> 3)) >> <u8>(node & 7)) & 1) != 0;
}
@inline function set(bitmap: usize, node: u32): void {
  const byte = bitmap + <usize>(node >> 3);
  store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(node & 7)));
}

/** What the walk that is under way puts at nodes it comes to. */
let visit: u8 = 0;

/** Forgets where walks have been: nodes are cleared once in 255 times only. */
function beginVisits(): void {
  visit++;
  if (visit != 0) return;
  memory.fill(visited, 0, entries - visited);
  visit = 1;
}

/** Returns whether it is the first visit. */
@inline function visitFirst(node: u32): bool {
  const at = visited + <usize>node;
  const before = load<u8>(at);
  store<u8>(at, visit);
  return before != visit;
}

export function entriesAt(): usize {
  return entries;
}

export function foundAt(): usize {
  return output;
}

export function codeAt(node: u32): usize {
  return codeOf(node);
}

export function linksAt(node: u32): usize {
  return linksOf(node);
}

/** Two words at a time, as most codes are short, or eight, the length that graphs are best with. */
@inline function hamming(a: usize, b: usize): u32 {
  if (countsInVectors) return distanceOfVectors(a, b, words);
  if (words == 8) return distance256(a, b, 0, 0) + distance256(a, b, 32, 32);
  let sum: u32 = 0;
  const end = a + <usize>((words & ~1) << 3);
  for (; a < end; a += 16, b += 16) sum += distance128(a, b, 0, 0);
  if ((words & 1) != 0) sum += distance64(a, b, 0, 0);
  return sum;
}

/**
 * Makes a query of weights, one per bit of a code, from -127 to 127: for each word of a code the bits that are to be
 * 1, and `digits` words with the binary digits of the weights without their signs, the lowest first.
 */
export function setQuery(weights: usize, digits: u32): void {
  const bytes = <usize>(digits + 1) << 3;
  for (let word: usize = 0; word < words; word++) {
    for (let part: usize = 0; part < 4; part++, weights += 16) {
      const given = v128.load(weights);
      const to = query + word * bytes + (part << 1);
      store<u16>(to, i8x16.bitmask(i8x16.gt_s(given, i8x16.splat(0))));
      const sizes = i8x16.abs(given);
      for (let digit: u32 = 0; digit < digits; digit++) {
        // Its sign is what a bitmask takes of a byte.
        store<u16>(to + (<usize>(digit + 1) << 3), i8x16.bitmask(i8x16.shl(sizes, 7 - digit)));
      }
    }
  }
}

/** The distance of a code, for up to three digits. */
@inline function weigh(code: usize, digits: u32): u32 {
  let n0: u64 = 0;
  let n1: u64 = 0;
  let n2: u64 = 0;
  const end = code + (<usize>words << 3);
  for (let given = query; code < end; code += 8, given += <usize>(digits + 1) << 3) {
    const differing = load<u64>(code) ^ load<u64>(given);
    n0 += popcnt<u64>(differing & load<u64>(given, 8));
    if (digits > 1) n1 += popcnt<u64>(differing & load<u64>(given, 16));
    if (digits > 2) n2 += popcnt<u64>(differing & load<u64>(given, 24));
  }
  return <u32>(n0 + (n1 << 1) + (n2 << 2));
}

function weighFinely(code: usize, digits: u32): u32 {
  let distance: u64 = 0;
  const end = code + (<usize>words << 3);
  for (let given = query; code < end; code += 8) {
    const differing = load<u64>(code) ^ load<u64>(given);
    given += 8;
    for (let digit: u32 = 0; digit < digits; digit++, given += 8) {
      distance += popcnt<u64>(differing & load<u64>(given)) << digit;
    }
  }
  return <u32>distance;
}

/** Moves a node with its distance to the front if it is near enough. Returns where the next one would go. */
@inline function keepNear(to: usize, at: usize, distance: u32, limit: u32): usize {
  store<u32>(to, load<u32>(at));
  store<u32>(to, distance, 4);
  return distance > limit ? to : to + freshBytes;
}

/** For codes as long as most are: the query stays in registers. */
@inline function measureAs<T>(end: usize, limit: u32): usize {
  const hasEight = idof<T>() == idof<Bits512>();
  const hasSix = hasEight || idof<T>() == idof<Bits384>();
  const q0 = load<u64>(query), q1 = load<u64>(query, 8);
  const q2 = load<u64>(query, 16), q3 = load<u64>(query, 24);
  const q4 = hasSix ? load<u64>(query, 32) : 0;
  const q5 = hasSix ? load<u64>(query, 40) : 0;
  const q6 = hasEight ? load<u64>(query, 48) : 0;
  const q7 = hasEight ? load<u64>(query, 56) : 0;
  let to = fresh;
  for (let at = fresh; at < end; at += freshBytes) {
    const code = <usize>load<u32>(at, 4);
    let sum = distanceOfFour(code, q0, q1, q2, q3);
    if (hasSix) sum += ones(code, 32, q4) + ones(code, 40, q5);
    if (hasEight) sum += ones(code, 48, q6) + ones(code, 56, q7);
    to = keepNear(to, at, sum, limit);
  }
  return to;
}

/**
 * Measures the first `count` of the nodes in `fresh` and keeps those of distances up to `limit`, in their order, as
 * branches could not foresee which these are. Returns where they end. A function of its own, so that the compiler
 * keeps what it counts with in registers.
 */
function measure(count: usize, digits: u32, limit: u32): usize {
  const end = fresh + count * freshBytes;
  if (digits == 0 && !countsInVectors) {
    if (words == 4) return measureAs<Bits256>(end, limit);
    if (words == 6) return measureAs<Bits384>(end, limit);
    if (words == 8) return measureAs<Bits512>(end, limit);
  }
  let to = fresh;
  let at = fresh;
  if (digits == 0) {
    for (; at < end; at += freshBytes) to = keepNear(to, at, hamming(load<u32>(at, 4), query), limit);
  } else if (digits == 1) {
    for (; at < end; at += freshBytes) to = keepNear(to, at, weigh(load<u32>(at, 4), 1), limit);
  } else if (digits == 2) {
    for (; at < end; at += freshBytes) to = keepNear(to, at, weigh(load<u32>(at, 4), 2), limit);
  } else if (digits == 3) {
    for (; at < end; at += freshBytes) to = keepNear(to, at, weigh(load<u32>(at, 4), 3), limit);
  } else {
    for (; at < end; at += freshBytes) to = keepNear(to, at, weighFinely(load<u32>(at, 4), digits), limit);
  }
  return to;
}

/** Only nodes of smaller or equal class are of interest. */
let last: u32 = 0;
/** The smallest class in which there is a node whose links were not looked at, or a smaller one. */
let next: u32 = 0;
/** Nodes up to `last` that can be found. */
let near: u32 = 0;
let noted: u32 = 0;

function beginNotes(classes: u32): void {
  memory.fill(counters, 0, <usize>classes << 2);
  last = classes - 1;
  near = 0;
  noted = 0;
}

/** Notes a node that can be found, and gives up on the farthest when `wanted` are nearer. */
@inline function note(node: u32, group: u32, distance: u32, wanted: u32): usize {
  const at = notes + <usize>noted * noteBytes;
  noted++;
  store<u32>(at, node);
  store<u32>(at, group, 4);
  store<u32>(at, distance, 12);
  const counter = counters + (<usize>group << 2);
  store<u32>(counter, load<u32>(counter) + 1);
  near++;
  for (;;) {
    const farthest = load<u32>(counters + (<usize>last << 2));
    if (near - farthest < wanted || last == 0) break;
    near -= farthest;
    last--;
  }
  return at;
}

/** Notes a node that is walked through only. */
@inline function noteWithoutFinding(node: u32): usize {
  const at = notes + <usize>noted * noteBytes;
  noted++;
  store<u32>(at, node);
  store<u32>(at, none, 4);
  return at;
}

/** Puts what was noted, up to `last`, in order: nodes, then distances. Returns how many there are. */
function putInOrder(): u32 {
  let total: u32 = 0;
  for (let group: u32 = 0; group <= last; group++) {
    const counter = counters + (<usize>group << 2);
    const size = load<u32>(counter);
    store<u32>(counter, total);
    total += size;
  }
  const distances = output + (<usize>total << 2);
  for (let i: usize = 0; i < noted; i++) {
    const at = notes + i * noteBytes;
    const group = load<u32>(at, 4);
    if (group > last) continue;
    const counter = counters + (<usize>group << 2);
    const place = <usize>load<u32>(counter) << 2;
    store<u32>(counter, load<u32>(counter) + 1);
    store<u32>(output + place, load<u32>(at));
    store<u32>(distances + place, load<u32>(at, 12));
  }
  return total;
}

/** So that no compiler thinks that what is asked for is for nothing. */
let read: u64 = 0;

/** Asks for links in all lines of the processor's cache that they lie in. */
@inline function askForLinks(links: usize): u64 {
  const final = links + (degree << 2) - 8;
  let asked = load<u64>(final);
  for (let at = links; at < final; at += cacheLine) asked |= load<u64>(at);
  return asked;
}

/** Asks for a code, of which most lie in one line. */
@inline function askForCode(code: usize): u64 {
  const asked = load<u64>(code);
  return codeStride > cacheLine ? asked | load<u64>(code + codeStride - 8) : asked;
}

/**
 * The `wanted` nodes nearest to the query that a walk from the first entries finds, and those as near as the last of
 * them, nearest first and otherwise as they were found.
 *
 * @param digits of the query's weights; 0 for a code, of which each bit counts one
 * @param shift by how many bits distances are shortened to be classes
 * @param width how many nodes' links are looked at together: more make more steps, and wait less for memory
 * @param allowed bitmap of the nodes that may be found
 */
export function walk(
  entryCount: usize, wanted: u32, digits: u32, shift: u32, classes: u32, width: usize, allowed: usize,
): u32 {
  memory.fill(heads, 0, <usize>classes << 2);
  beginNotes(classes);
  beginVisits();
  next = last;
  store<u32>(steps, <u32>entries);
  let stepsCount: usize = 1;
  let length = entryCount << 2;
  do {
    let count: usize = 0;
    for (let step: usize = 0; step < stepsCount; step++) {
      let links = <usize>load<u32>(steps + (step << 2));
      const end = links + length;
      for (; links < end; links += 4) {
        const node = load<u32>(links);
        if (node == none) break;
        // The next one takes its place if it was seen: a branch could not be foreseen.
        const to = fresh + count * freshBytes;
        store<u32>(to, node);
        store<u32>(to, <u32>codeOf(node), 4);
        count += <usize>visitFirst(node);
      }
    }
    // Codes lie far apart: all are asked for before the first is needed.
    let asked: u64 = 0;
    for (let at = fresh; at < fresh + count * freshBytes; at += freshBytes) {
      asked |= askForCode(load<u32>(at, 4));
    }
    read = asked;
    length = degree << 2;

    const end = measure(count, digits, ((last + 1) << shift) - 1);
    for (let from = fresh; from < end; from += freshBytes) {
      const node = load<u32>(from);
      const distance = load<u32>(from, 4);
      const group = distance >> shift;
      if (group > last) continue;
      const at = isSet(allowed, node)
        ? note(node, group, distance, wanted)
        : noteWithoutFinding(node);
      const head = heads + (<usize>group << 2);
      store<u32>(at, load<u32>(head), 8);
      store<u32>(head, noted);
      next = min(next, group);
    }

    stepsCount = 0;
    while (stepsCount < width) {
      while (next < last && load<u32>(heads + (<usize>next << 2)) == 0) next++;
      const head = heads + (<usize>next << 2);
      const first = load<u32>(head);
      if (next > last || first == 0) break;
      const at = notes + <usize>(first - 1) * noteBytes;
      store<u32>(head, load<u32>(at, 8));
      const links = linksOf(load<u32>(at));
      asked |= askForLinks(links);
      store<u32>(steps + (stepsCount << 2), <u32>links);
      stepsCount++;
    }
    read = asked;
  } while (stepsCount > 0);
  return putInOrder();
}

/** Writes the distances of `count` nodes. */
export function weighNodes(nodes: usize, count: u32, digits: u32, distances: usize): void {
  // Codes lie far apart: some are asked for before the first of them is needed.
  for (let start: usize = 0; start < count; start += degree) {
    const part = min(<usize>count - start, degree);
    let asked: u64 = 0;
    for (let i: usize = 0; i < part; i++) {
      const code = codeOf(load<u32>(nodes + ((start + i) << 2)));
      asked |= askForCode(code);
      store<u32>(fresh + i * freshBytes, <u32>code, 4);
    }
    read = asked;
    measure(part, digits, none);
    for (let i: usize = 0; i < part; i++) {
      store<u32>(distances + ((start + i) << 2), load<u32>(fresh + i * freshBytes, 4));
    }
  }
}

/**
 * Of the first `count` nodes in `output`, nearest first, those that are nearer to a node than to any that was
 * chosen before, at most `most`: written to its links. Only half of them may have the node's own code, as whoever
 * comes to one of many that are alike has to come out again.
 */
function choose(node: u32, count: u32, most: usize): usize {
  const distances = output + (<usize>count << 2);
  const links = linksOf(node);
  let chosen: usize = 0;
  for (let i: usize = 0; i < count && chosen < most; i++) {
    const other = load<u32>(output + (i << 2));
    const distance = load<u32>(distances + (i << 2));
    if (distance == 0 && chosen == most >> 1) continue;
    const code = codeOf(other);
    let isNearest = true;
    for (let at = kept; at < kept + (chosen << 2); at += 4) {
      if (hamming(code, load<u32>(at)) < distance) {
        isNearest = false;
        break;
      }
    }
    if (!isNearest) continue;
    store<u32>(links + (chosen << 2), other);
    store<u32>(kept + (chosen << 2), <u32>code);
    chosen++;
  }
  memory.fill(links + (chosen << 2), 0xff, (degree - chosen) << 2);
  return chosen;
}

/** Notes the distance of a node to another. */
@inline function noteDistance(code: usize, node: u32): void {
  const distance = hamming(code, codeOf(node));
  note(node, distance, distance, none);
}

/** Links a node with another one, and leaves out what it can do without if these are too many. */
function addLink(from: u32, to: u32): void {
  const links = linksOf(from);
  const end = links + (degree << 2);
  for (let link = links; link < end; link += 4) {
    if (load<u32>(link) != none) continue;
    store<u32>(link, to);
    return;
  }
  beginNotes((words << 6) + 1);
  const code = codeOf(from);
  for (let link = links; link < end; link += 4) noteDistance(code, load<u32>(link));
  noteDistance(code, to);
  choose(from, putInOrder(), degree);
}

/**
 * Links a node, whose code is there, with near ones that a walk from the first entries finds, and these with it.
 * Returns with how many.
 */
export function linkNode(node: u32, entryCount: usize, effort: u32, width: usize): u32 {
  memory.copy(query, codeOf(node), <usize>words << 3);
  const found = walk(entryCount, effort, 0, 0, (words << 6) + 1, width, alive);
  const chosen = choose(node, found, degree >> 1);
  const links = linksOf(node);
  for (let i: usize = 0; i < chosen; i++) addLink(load<u32>(links + (i << 2)), node);
  set(alive, node);
  return <u32>chosen;
}

/** Links nodes from `first` to `end` (exclusive) with the links of those of their links that are gone. */
export function bypass(first: u32, end: u32): void {
  for (let node = first; node < end; node++) {
    if (!isSet(alive, node)) continue;
    const links = linksOf(node);
    const stop = links + (degree << 2);
    let isComplete = true;
    for (let link = links; link < stop && load<u32>(link) != none; link += 4) {
      if (!isSet(alive, load<u32>(link))) isComplete = false;
    }
    if (!isComplete) linkPast(node);
  }
}

function linkPast(node: u32): void {
  const code = codeOf(node);
  beginNotes((words << 6) + 1);
  beginVisits();
  visitFirst(node);
  const links = linksOf(node);
  const end = links + (degree << 2);
  for (let link = links; link < end && load<u32>(link) != none; link += 4) {
    const other = load<u32>(link);
    if (isSet(alive, other)) {
      if (visitFirst(other)) noteDistance(code, other);
      continue;
    }
    const beyond = linksOf(other);
    for (let l = beyond; l < beyond + (degree << 2) && load<u32>(l) != none; l += 4) {
      const far = load<u32>(l);
      if (isSet(alive, far) && visitFirst(far)) noteDistance(code, far);
    }
  }
  choose(node, putInOrder(), degree);
}
