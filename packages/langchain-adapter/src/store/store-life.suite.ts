import { seededRandom } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import { expect } from 'vitest';
import type { BinaryVectorStore } from './binary-vector-store.ts';
import type { StoreStatistics } from './health.ts';

export const lifeDimensions = 80;
/** Where time is no matter. */
export const isLongLife = process.env.BITRYOSHKA_OPERATIONS !== undefined;
/** Documents that are changed and questions that are asked, at least. */
const operations = Number(process.env.BITRYOSHKA_OPERATIONS ?? 1000);
const dimensions = lifeDimensions;
const clusters = 40;
const groups = 7;
const neighbours = 10;
const questions = isLongLife ? 300 : 60;
/** Scores in float32 that are one and the same. */
const tolerance = 1e-5;
/** Of the nearest, by mean of all stretches with a finder; and of each stretch, as far as its questions tell. */
const fewestRight = 0.98;
const fewestOfStretch = 0.97;

/** What a store holds, as the obvious one does. */
interface Kept {
  readonly text: string;
  readonly group: number;
  /** Of unit length. */
  readonly vector: Float32Array;
}

export interface LivedStore {
  readonly open: () => Promise<BinaryVectorStore>;
  /** The store again, as it was: another object, perhaps. */
  readonly renew: (store: BinaryVectorStore) => Promise<BinaryVectorStore>;
}

/** What a stretch of a life ends with. */
interface Stretch {
  readonly name: string;
  readonly finder: StoreStatistics['index'];
  readonly documents: number;
  /** Of the ten nearest, by mean. */
  readonly recall: number;
}

/**
 * A store grows, is changed, shrinks and is opened again, through all ways to find, and holds and finds after every
 * stretch what a map holds that is searched from end to end.
 */
export async function liveThrough({ open, renew }: LivedStore): Promise<void> {
  const life = new StoreLife(await open());
  try {
    do {
      await life.grow(1500);
      await life.end('small', life.isGiven ? 'scan' : 'exact');
      await life.grow(4300);
      await life.end('grown', 'graph');
      await life.change(operations / 8);
      await life.end('changed', 'graph');
      life.store = await renew(life.store);
      await life.end('opened again', 'graph');
      await life.change(300);
      await life.end('changed again', 'graph');
      await life.shrink(60);
      await life.end('shrunk', life.isGiven ? 'scan' : 'exact');
      await life.grow(400);
      await life.fit();
      await life.end('fitted', 'scan');
      await life.change(operations / 8);
      life.store = await renew(life.store);
      await life.end('opened with codes', 'scan');
      await life.grow(4200);
      await life.end('grown with codes', 'graph');
      await life.fit();
      await life.end('fitted anew', 'graph');
      await life.change(300);
      await life.shrink(100);
      await life.end('shrunk with codes', 'scan');
    } while (life.operations < operations);
    for (const finder of ['scan', 'graph']) {
      const recalls = life.stretches.filter((each) => each.finder === finder);
      const sum = recalls.reduce((total, { recall }) => total + recall, 0);
      expect(sum / recalls.length, finder).toBeGreaterThanOrEqual(fewestRight);
    }
  } finally {
    await life.store.close();
  }
  if (!isLongLife) return;
  console.table(life.stretches);
  console.log(`${life.operations} operations in ${life.calls} calls`);
}

class StoreLife {
  store: BinaryVectorStore;
  operations = 0;
  calls = 0;
  readonly stretches: Stretch[] = [];
  /** Whether a quantizer was asked for: codes stay then. */
  isGiven = false;
  readonly #kept: Map<string, Kept> = new Map();
  readonly #random = seededRandom(11);
  readonly #centers: readonly (readonly number[])[];
  #made = 0;

  constructor(store: BinaryVectorStore) {
    this.store = store;
    this.#centers = Array.from({ length: clusters }, () => this.#normals());
  }

  /** Until there are so many documents: in batches of all sizes. */
  async grow(count: number): Promise<void> {
    while (this.#kept.size < count) {
      const some = Math.min(count - this.#kept.size, this.#integer(600) + 1);
      await this.#put(Array.from({ length: some }, () => `${this.#made++}`));
      await this.#ask(this.#random() < 0.5);
    }
  }

  /** Adds, replaces, deletes and asks, one and many at a time. */
  async change(operations: number): Promise<void> {
    const end = this.operations + operations;
    const size = this.#kept.size;
    while (this.operations < end) {
      const what = this.#random();
      const many = this.#random() < 0.2 ? this.#integer(60) + 2 : 1;
      // About as many as there were.
      if (what < 0.25 && this.#kept.size < 1.1 * size)
        await this.#put(Array.from({ length: many }, () => `${this.#made++}`));
      else if (what < 0.5) await this.#put(this.#someIds(many));
      else if (what < 0.7 && this.#kept.size > 0.9 * size) await this.#remove(this.#someIds(many));
      else if (what < 0.71) await this.#removeWhere(this.#integer(3000) + 1000);
      else if (what < 0.95) await this.#ask(this.#random() < 0.3);
      else await this.#get(this.#someIds(many));
    }
  }

  /** Until there are so many: all but a few at once, and the last ones singly. */
  async shrink(count: number): Promise<void> {
    await this.#remove(this.#someIds(1));
    const leaving = [...this.#kept.keys()].slice(0, Math.max(0, this.#kept.size - count - 50));
    await this.#remove(leaving);
    while (this.#kept.size > count) await this.#remove(this.#someIds(1));
  }

  async fit(): Promise<void> {
    await this.store.fit();
    this.isGiven = true;
    this.calls++;
  }

  /** Waits for the background, and compares everything. */
  async end(name: string, finder: StoreStatistics['index']): Promise<void> {
    await this.store.settled();
    const { count, index } = this.store.stats();
    expect([name, index, count]).toEqual([name, finder, this.#kept.size]);
    const left = new Map(this.#kept);
    for (const [id, document] of this.store.entries()) {
      expect(describe(document)).toEqual(describe(this.#documentOf(id)));
      left.delete(id);
    }
    expect(left.size).toBe(0);
    let right = 0;
    for (let i = 0; i < questions; i++) right += await this.#ask(i % 4 === 0);
    const recall = right / questions;
    this.stretches.push({ name, finder: index, documents: count, recall });
    expect(recall, name).toBeGreaterThanOrEqual(fewestOfStretch);
  }

  async #put(ids: readonly string[]): Promise<void> {
    const kept = ids.map((id): Kept => {
      const center = this.#centers[this.#integer(clusters)] as readonly number[];
      const noise = this.#normals();
      const vector = toUnit(center.map((value, i) => value + 0.7 * (noise[i] as number)));
      return { text: `${id} of ${this.operations}`, group: this.#integer(groups), vector };
    });
    for (const [i, id] of ids.entries()) this.#kept.set(id, kept[i] as Kept);
    const documents = ids.map((id) => this.#documentOf(id));
    await this.store.addVectors(
      kept.map(({ vector }) => Array.from(vector)),
      documents,
    );
    this.#count(ids.length);
  }

  async #remove(ids: readonly string[]): Promise<void> {
    await this.store.delete({ ids });
    for (const id of ids) this.#kept.delete(id);
    this.#count(ids.length);
  }

  async #removeWhere(divisor: number): Promise<void> {
    await this.store.delete({ filter: { number: { $mod: [divisor, 0] } } });
    for (const id of this.#kept.keys()) {
      if (Number(id) % divisor === 0) {
        this.#kept.delete(id);
        this.operations++;
      }
    }
    this.#count(0);
  }

  async #get(ids: readonly string[]): Promise<void> {
    const found = await this.store.getByIds([...ids, 'none']);
    expect(found.map(describe)).toEqual(ids.map((id) => describe(this.#documentOf(id))));
    this.#count(ids.length);
  }

  /** @returns the share of the nearest that was found */
  async #ask(isFiltered: boolean): Promise<number> {
    const near = [...this.#someIds(1)].map((id) => this.#kept.get(id)?.vector)[0];
    const noise = this.#normals();
    const query = toUnit(noise.map((value, i) => (near?.[i] ?? 0) + (near ? 0.1 : 1) * value));
    const group = isFiltered ? this.#integer(groups) : undefined;
    const scores: number[] = [];
    for (const kept of this.#kept.values()) {
      if (group === undefined || kept.group === group) scores.push(dot(kept.vector, query));
    }
    scores.sort((a, b) => b - a);
    const wanted = Math.min(neighbours, scores.length);
    const worst = scores[wanted - 1] ?? 0;
    const found = await this.store.similaritySearchVectorWithScore(
      query,
      neighbours,
      group === undefined ? undefined : { group },
    );
    this.#count(1);
    expect(new Set(found.map(([{ id }]) => id)).size).toBe(wanted);
    let right = 0;
    for (const [document, score] of found) {
      const kept = this.#kept.get(document.id ?? '');
      expect(describe(document)).toEqual(describe(this.#documentOf(document.id ?? '')));
      if (group !== undefined) expect(kept?.group).toBe(group);
      expect(Math.abs(score - dot((kept as Kept).vector, query))).toBeLessThan(tolerance);
      if (score >= worst - tolerance) right++;
    }
    return wanted === 0 ? 1 : right / wanted;
  }

  #documentOf(id: string): Document {
    const { text, group } = this.#kept.get(id) ?? { text: 'none', group: -1 };
    return new Document({ id, pageContent: text, metadata: { group, number: Number(id) } });
  }

  #someIds(count: number): string[] {
    const all = [...this.#kept.keys()];
    const chosen = Array.from({ length: count }, () => all[this.#integer(all.length)]);
    return [...new Set(chosen.filter((id) => id !== undefined))];
  }

  #count(operations: number): void {
    this.operations += operations;
    this.calls++;
  }

  #integer(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #normals(): number[] {
    return Array.from({ length: dimensions }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
      return radius * Math.cos(2 * Math.PI * this.#random());
    });
  }
}

function describe({ id, pageContent, metadata }: Document): unknown[] {
  return [id, pageContent, metadata];
}

function toUnit(values: readonly number[]): Float32Array {
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / norm);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < dimensions; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
