import { describe, expect, it } from 'vitest';
import type { QuantizerRecipe } from './store-options.ts';
import {
  checkEmbeddings,
  checkNames,
  checkQuantizerOption,
  readOptions,
  savedRecipe,
} from './store-options.ts';

describe('recipes of files', () => {
  it.each([
    [
      { kind: 'learned', bits: 8 },
      { kind: 'learned-thresholds', bits: 8 },
    ],
    [
      { kind: 'groups-quantile', bits: 8 },
      { kind: 'groups', bits: 8 },
    ],
    [
      { kind: 'head', bits: 8, head: { nested: [4], loyalty: 0.01 }, corpus: true },
      {
        kind: 'head',
        bits: 8,
        learned: { train: { nested: [4], encoderWeight: 0.01 } },
        corpus: true,
      },
    ],
    [
      { kind: 'itq', bits: 8, seed: 3 },
      { kind: 'itq', bits: 8, seed: 3 },
    ],
  ])('of before are read in the words of today: %j', (written, wanted) => {
    const { quantizer, index } = readOptions({ index: 'scan', quantizer: written });
    expect([quantizer, index]).toEqual([wanted, 'scan']);
    checkQuantizerOption(quantizer as QuantizerRecipe);
  });

  it.each<QuantizerRecipe>([
    { kind: 'learned', bits: 8 },
    { kind: 'learned', bits: 8, learned: { train: { steps: 3 } } },
    { kind: 'rotation', bits: 8, rotation: { nested: [4] } },
    { kind: 'head', bits: 8, learned: { train: true } },
  ])('mean the same when they are read again: %j', (recipe) => {
    const written = JSON.parse(JSON.stringify({ quantizer: savedRecipe(recipe) }));
    const { quantizer } = readOptions(written) as { quantizer: QuantizerRecipe };
    const { kind, ...rest } = recipe;
    const named = kind === 'learned' ? (recipe.learned ? 'head' : 'autoencoder') : kind;
    expect(quantizer).toEqual({ ...rest, kind: named });
    checkQuantizerOption(quantizer);
  });
});

describe('options with mistakes', () => {
  it.each([
    'readonly',
    'durabilty',
    'targetRecal',
    'quantiser',
    'bit',
    'Hybrid',
    'dirver',
    'storages',
  ])('%s is refused', (name) => {
    const check = () => checkNames({ [name]: true });
    expect(check).toThrow(expect.objectContaining({ code: 'invalid-option' }));
    expect(check).toThrow(name);
  });

  it('names of others are ignored', () => {
    expect(() => checkNames({ callbacks: [], k: 4, dbConfig: {}, space: 'cosine' })).not.toThrow();
    expect(() => checkNames({ index: 'scan', readOnly: true, ids: [] })).not.toThrow();
  });

  it.each([undefined, null, { index: 'scan' }, 'embeddings'])(
    'what are no embeddings is refused: %j',
    (embeddings) => {
      expect(() => checkEmbeddings(embeddings)).toThrow(/expected embeddings of LangChain/);
    },
  );
});
