import type { Multiplier } from '../../kernels/matrix/multiplier.ts';
import type { LevelFormat } from '../../kernels/scan/gaussian-levels.ts';
import { gaussianLevels } from '../../kernels/scan/gaussian-levels.ts';
import { valuesPerByte } from '../../kernels/scan/vector-layout.ts';
import {
  fewestHadamardDimensions,
  hadamardFunction,
  hadamardInverse,
  randomHadamardMap,
} from '../../transforms/hadamard-rotation.ts';
import type { VectorCodec } from './vector-codecs.ts';

/** Where rounding starts from, in units of the levels: what lies a standard deviation from 0. */
const deviations: Readonly<Record<LevelFormat, number>> = { int4: 127 / 2.733, int2: 127 / 1.51 };
/** Files depend on it. */
const rotationSeed = 0x1f2e4d8b;

/**
 * A few levels for each value of a vector that was rotated at random, so that its values lie as if drawn from a
 * normal distribution, whatever the model: nothing is fitted. In front of them is the float32 that makes the product
 * of the levels with the vector itself its squared length, so that products with queries err to neither side.
 * Source: Gao & Long, "RaBitQ" (2024), for the estimator; Max (1960), for the levels.
 */
export function levelCodec(
  format: LevelFormat,
  dimensions: number,
): Pick<VectorCodec, 'encode' | 'decode' | 'turn'> {
  const levels = gaussianLevels[format];
  const numbers = numbersOf(format);
  const perByte = valuesPerByte[format];
  const bits = 8 / perByte;
  const mask = 2 ** bits - 1;
  const { turn, turnBack: back } = rotationOf(dimensions);
  return {
    turn,
    encode(vector, bytes) {
      const turned = turn(vector);
      let square = 0;
      for (let j = 0; j < dimensions; j++) square += turned[j] * turned[j];
      bytes.fill(0);
      // Twice, as the middles between levels are at halves.
      const scale = square > 0 ? (2 * deviations[format]) / Math.sqrt(square / dimensions) : 0;
      let product = 0;
      for (let j = 0; j < dimensions; j++) {
        const place = Math.floor(turned[j] * scale) + 256;
        const number = numbers[Math.min(511, Math.max(0, place))];
        bytes[4 + Math.floor(j / perByte)] |= number << (bits * (j % perByte));
        product += levels[number] * turned[j];
      }
      factorOf(bytes)[0] = product > 0 ? square / product : 0;
    },
    decode(bytes, vector) {
      if (factorOf(bytes)[0] === 0) {
        vector.fill(0);
        return;
      }
      let square = 0;
      for (let j = 0; j < dimensions; j++) {
        const byte = bytes[4 + Math.floor(j / perByte)];
        const level = levels[(byte >> (bits * (j % perByte))) & mask];
        vector[j] = level;
        square += level * level;
      }
      const scale = 1 / Math.sqrt(square);
      for (let j = 0; j < dimensions; j++) vector[j] *= scale;
      back(vector);
    },
  };
}

/** The number of the nearest level for each half of a unit, from -128 on. */
function numbersOf(format: LevelFormat): Uint8Array {
  const levels = gaussianLevels[format].subarray(0, 2 ** (8 / valuesPerByte[format]));
  return Uint8Array.from({ length: 512 }, (_, place) => {
    let number = 0;
    // Twice the middle between two levels is their sum.
    while (number + 1 < levels.length && place - 256 >= levels[number] + levels[number + 1]) {
      number++;
    }
    return number;
  });
}

interface Rotation {
  /** Returns what is valid until the next call. */
  readonly turn: (vector: Float32Array) => Float32Array;
  /** In place. */
  readonly turnBack: (vector: Float32Array) => void;
}

const rotations = new Map<number, Rotation>();

/** The same for all vectors of so many dimensions, everywhere and for ever. */
function rotationOf(dimensions: number): Rotation {
  const known = rotations.get(dimensions);
  if (known) return known;
  const made = dimensions < fewestHadamardDimensions ? unturned : hadamardRotation(dimensions);
  rotations.set(dimensions, made);
  return made;
}

const unturned: Rotation = { turn: (vector) => vector, turnBack: () => {} };

function hadamardRotation(columns: number): Rotation {
  const map = randomHadamardMap(new Float32Array(columns), columns, rotationSeed);
  const rotate: Multiplier = hadamardFunction(map);
  const turned = new Float32Array(columns);
  return {
    turn: (vector) =>
      rotate({ rows: 1, columns, data: vector }, { rows: 1, columns, data: turned }).data,
    turnBack: hadamardInverse(map),
  };
}

function factorOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, 1);
}
