// A graph of codes, each linked with near ones, and walks along it.
//
// Nodes lie in chunks of 1,024: codes, then links, ended by `none` where there is room for more. A bit for each node
// says whether it can be found, another whether a walk has been there. A walk looks at the links of the nearest node
// whose links it has not seen, until there is none among the nearest that it is to find.
//
// Distances are whole numbers, told apart by classes: Hamming distances themselves, or how much less a sum over
// the bits of a code is than any code's could be. What is known of a class is a list, so that nothing is sorted.

import { countsInVectors, distanceOfVectors } from './scan';
import { commonOnes, commonOnesInVectors } from './score';

const none: u32 = 0xffffffff;
/** Of what a walk notes of a node: node, class (`none` if it cannot be found), the next of its class, value. */
const noteBytes: usize = 16;

let chunks: usize = 0;
let chunkBytes: usize = 0;
let words: u32 = 0;
let codeStride: usize = 0;
let linksOffset: usize = 0;
let degree: usize = 0;

/** Where nodes are and what they are made of. */
export function layGraph(first: usize, wordsPerCode: u32, stride: usize, mostLinks: u32): usize {
  chunks = first;
  words = wordsPerCode;
  codeStride = stride;
  degree = mostLinks;
  linksOffset = stride << 10;
  chunkBytes = linksOffset + (degree << 12);
  return chunkBytes;
}

let alive: usize = 0;
let visited: usize = 0;
let query: usize = 0;
let heads: usize = 0;
let counters: usize = 0;
let fresh: usize = 0;
let kept: usize = 0;
let seen: usize = 0;
let notes: usize = 0;
let output: usize = 0;

/** Lays out what is kept of `nodes` nodes besides them, and what walks need. Returns where it ends. */
export function layNotes(first: usize, queryBytes: usize, classes: usize, nodes: usize): usize {
  alive = first;
  visited = alive + (nodes >> 3);
  query = visited + (nodes >> 3);
  heads = query + queryBytes;
  counters = heads + (classes << 2);
  fresh = counters + (classes << 2);
  kept = fresh + (degree << 3);
  seen = kept + (degree << 2);
  notes = (seen + (nodes << 2) + 15) & ~15;
  output = notes + nodes * noteBytes;
  return output + (nodes << 3);
}

@inline function chunkOf(node: u32): usize {
  return chunks + <usize>(node >> 10) * chunkBytes;
}
@inline function codeOf(node: u32): usize {
  return chunkOf(node) + <usize>(node & 1023) * codeStride;
}
@inline function linksOf(node: u32): usize {
  return chunkOf(node) + linksOffset + <usize>(node & 1023) * (degree << 2);
}
@inline function isSet(bitmap: usize, node: u32): bool {
  return ((load<u8>(bitmap + <usize>(node >> 3)) >> <u8>(node & 7)) & 1) != 0;
}
/** Sets a bit. Returns whether it was not set before. */
@inline function set(bitmap: usize, node: u32): bool {
  const byte = bitmap + <usize>(node >> 3);
  const before = load<u8>(byte);
  const bit: u8 = <u8>1 << <u8>(node & 7);
  store<u8>(byte, before | bit);
  return (before & bit) == 0;
}
/** Clears the bits of eight nodes, one of which is given. */
@inline function clear(bitmap: usize, node: u32): void {
  store<u8>(bitmap + <usize>(node >> 3), 0);
}

export function bitmapOfNodes(): usize {
  return alive;
}

export function queryAt(): usize {
  return query;
}

export function foundAt(): usize {
  return output;
}

export function codeAt(node: u32): usize {
  return codeOf(node);
}

@inline function differing(a: usize, b: usize, offset: usize): u64 {
  return popcnt<u64>(load<u64>(a + offset) ^ load<u64>(b + offset));
}

/** Two words at a time, as most codes are short. */
@inline function hamming(a: usize, b: usize): u32 {
  if (countsInVectors) return distanceOfVectors(a, b, words);
  let even: u64 = 0;
  let odd: u64 = 0;
  const end = a + <usize>((words & ~1) << 3);
  for (; a < end; a += 16, b += 16) {
    even += differing(a, b, 0);
    odd += differing(a, b, 8);
  }
  if ((words & 1) != 0) even += differing(a, b, 0);
  return <u32>(even + odd);
}

@inline function common(word: u64, offset: usize): u64 {
  return popcnt<u64>(word & load<u64>(offset));
}

@inline function sumOf(code: usize, digits: u32): i32 {
  if (countsInVectors) return commonOnesInVectors(code, query, words, digits);
  if (digits != 4 || (words & 1) != 0) return commonOnes(code, query, words, digits);
  let n0: u64 = 0;
  let n1: u64 = 0;
  let n2: u64 = 0;
  let n3: u64 = 0;
  let planes = query;
  const end = code + (<usize>words << 3);
  for (; code < end; code += 16, planes += 64) {
    const a = load<u64>(code);
    const b = load<u64>(code, 8);
    n0 += common(a, planes) + common(b, planes + 32);
    n1 += common(a, planes + 8) + common(b, planes + 40);
    n2 += common(a, planes + 16) + common(b, planes + 48);
    n3 += common(a, planes + 24) + common(b, planes + 56);
  }
  return <i32>n0 + (<i32>n1 << 1) + (<i32>n2 << 2) - (<i32>n3 << 3);
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
@inline function note(node: u32, group: u32, value: i32, wanted: u32): usize {
  const at = notes + <usize>noted * noteBytes;
  noted++;
  store<u32>(at, node);
  store<u32>(at, group, 4);
  store<i32>(at, value, 12);
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

/** Puts what was noted, up to `last`, in order: nodes, then values. Returns how many there are. */
function putInOrder(): u32 {
  let total: u32 = 0;
  for (let group: u32 = 0; group <= last; group++) {
    const counter = counters + (<usize>group << 2);
    const size = load<u32>(counter);
    store<u32>(counter, total);
    total += size;
  }
  const values = output + (<usize>total << 2);
  for (let i: usize = 0; i < noted; i++) {
    const at = notes + i * noteBytes;
    const group = load<u32>(at, 4);
    if (group > last) continue;
    const counter = counters + (<usize>group << 2);
    const place = <usize>load<u32>(counter) << 2;
    store<u32>(counter, load<u32>(counter) + 1);
    store<u32>(output + place, load<u32>(at));
    store<i32>(values + place, load<i32>(at, 12));
  }
  return total;
}

let read: u64 = 0;

/**
 * The `wanted` nodes nearest to the query that a walk from `entry` finds, and those as near as the last of them,
 * nearest first and otherwise as they were found.
 *
 * @param digits of the query's planes; 0 for a code
 * @param top the largest sum that a code may have
 * @param allowed bitmap of the nodes that may be found
 */
export function walk(
  entry: u32, wanted: u32, digits: u32, top: i32, shift: u32, classes: u32, allowed: usize,
): u32 {
  memory.fill(heads, 0, <usize>classes << 2);
  beginNotes(classes);
  next = last;
  let seenCount: usize = 0;
  store<u32>(kept, entry);
  let links = kept;
  let end = links + 4;
  for (;;) {
    let count: usize = 0;
    for (; links < end; links += 4) {
      const node = load<u32>(links);
      if (node == none) break;
      // The next one takes its place if it was seen: a branch could not be foreseen.
      store<u32>(fresh + (count << 3), node);
      count += <usize>set(visited, node);
    }
    // Codes lie far apart: all are asked for before the first is needed, and the links that are likely next.
    let asked: u64 = 0;
    for (let i: usize = 0; i < count; i++) {
      const node = load<u32>(fresh + (i << 3));
      const code = codeOf(node);
      asked |= load<u64>(code) | load<u64>(code + codeStride - 8);
      store<u32>(fresh + (i << 3), <u32>code, 4);
      store<u32>(seen + ((seenCount + i) << 2), node);
    }
    seenCount += count;
    while (next < last && load<u32>(heads + (<usize>next << 2)) == 0) next++;
    const likely = load<u32>(heads + (<usize>next << 2));
    if (likely != 0) {
      const soon = linksOf(load<u32>(notes + <usize>(likely - 1) * noteBytes));
      asked |= load<u64>(soon) | load<u64>(soon + (degree << 2) - 8);
    }
    // So that no compiler thinks it was for nothing.
    read = asked;

    for (let i: usize = 0; i < count; i++) {
      const node = load<u32>(fresh + (i << 3));
      const code = <usize>load<u32>(fresh + (i << 3), 4);
      const value = digits == 0 ? <i32>hamming(code, query) : sumOf(code, digits);
      const group = digits == 0 ? <u32>value : <u32>(top - value) >> shift;
      if (group > last) continue;
      const at = isSet(allowed, node)
        ? note(node, group, value, wanted)
        : noteWithoutFinding(node);
      const head = heads + (<usize>group << 2);
      store<u32>(at, load<u32>(head), 8);
      store<u32>(head, noted);
      next = min(next, group);
    }

    while (next < last && load<u32>(heads + (<usize>next << 2)) == 0) next++;
    const head = heads + (<usize>next << 2);
    const first = load<u32>(head);
    if (next > last || first == 0) break;
    const at = notes + <usize>(first - 1) * noteBytes;
    store<u32>(head, load<u32>(at, 8));
    links = linksOf(load<u32>(at));
    end = links + (degree << 2);
  }
  for (let i: usize = 0; i < seenCount; i++) clear(visited, load<u32>(seen + (i << 2)));
  return putInOrder();
}

/** Writes the weighted common ones of each of `count` nodes and the query. */
export function sumNodes(nodes: usize, count: u32, digits: u32, sums: usize): void {
  for (let i: usize = 0; i < count; i++) {
    store<i32>(sums + (i << 2), sumOf(codeOf(load<u32>(nodes + (i << 2))), digits));
  }
}

/**
 * Of the first `count` nodes in `output`, nearest first, those that are nearer to a node than to any that was
 * chosen before, at most `most`: written to its links.
 */
function choose(node: u32, count: u32, most: usize): usize {
  const values = output + (<usize>count << 2);
  let chosen: usize = 0;
  for (let i: usize = 0; i < count && chosen < most; i++) {
    const other = load<u32>(output + (i << 2));
    const distance = load<u32>(values + (i << 2));
    const code = codeOf(other);
    let isNearest = true;
    for (let j: usize = 0; j < chosen; j++) {
      if (hamming(code, codeOf(load<u32>(kept + (j << 2)))) < distance) {
        isNearest = false;
        break;
      }
    }
    if (!isNearest) continue;
    store<u32>(kept + (chosen << 2), other);
    chosen++;
  }
  const links = linksOf(node);
  memory.copy(links, kept, chosen << 2);
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
 * Links a node, whose code is there, with near ones that a walk from `entry` finds, and these with it. Returns with
 * how many.
 */
export function linkNode(node: u32, entry: u32, effort: u32): u32 {
  let found: u32 = 0;
  if (entry != none) {
    memory.copy(query, codeOf(node), <usize>words << 3);
    found = walk(entry, effort, 0, 0, 0, (words << 6) + 1, alive);
  }
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
  set(visited, node);
  const links = linksOf(node);
  const end = links + (degree << 2);
  for (let link = links; link < end && load<u32>(link) != none; link += 4) {
    const other = load<u32>(link);
    if (isSet(alive, other)) {
      if (set(visited, other)) noteDistance(code, other);
      continue;
    }
    const beyond = linksOf(other);
    for (let l = beyond; l < beyond + (degree << 2) && load<u32>(l) != none; l += 4) {
      const far = load<u32>(l);
      if (isSet(alive, far) && set(visited, far)) noteDistance(code, far);
    }
  }
  clear(visited, node);
  for (let i: usize = 0; i < noted; i++) clear(visited, load<u32>(notes + i * noteBytes));
  choose(node, putInOrder(), degree);
}
