import type { AffineMap } from '../../transforms/affine-map.ts';
import { LinearDecoder } from '../linear-decoder.ts';
import type { Quantizer } from '../quantizer.ts';
import type { QuantizerFile } from '../quantizer-file.ts';
import { invalidQuantizerFile } from '../quantizer-file.ts';
import { AdditiveDecoder } from './additive-decoder.ts';
import type { HeadEncoder } from './encoder.ts';
import { HeadQuantizer } from './learned-quantizer.ts';

/**
 * @throws BitryoshkaError `invalid-file`
 */
export function loadHeadQuantizer(file: QuantizerFile): Quantizer {
  const { bits, inputDimensions: dimensions, tensors } = file;
  const { nested, hidden, loyalty } = file.fields;
  if (!isNested(nested, bits) || !areWidths(hidden) || !Number.isFinite(loyalty)) {
    throw invalidQuantizerFile(
      `got ${JSON.stringify({ nested, hidden, loyalty })}, expected nested lengths up to ${bits}, hidden widths and a loyalty`,
    );
  }
  const encoder = (name: 'encoder' | 'query', width: number): HeadEncoder => ({
    map: map(name, bits, dimensions),
    ...(width > 0 && {
      hidden: {
        inner: map(`${name}_hidden`, width, dimensions),
        outputs: {
          rows: bits,
          columns: width,
          data: file.floats(`${name}_outputs`, [bits, width]),
        },
      },
    }),
  });
  return new HeadQuantizer({
    encoder: encoder('encoder', hidden.encoder),
    loyalty: loyalty as number,
    queryEncoder: tensors.query_weights && encoder('query', hidden.query),
    prefixes: nested.map((length) => {
      const restorer = tensors[`restorer_${length}_weights`];
      return {
        bits: length,
        decoder: length === bits && tensors.codebooks ? additiveDecoder() : linearDecoder(length),
        restorer: restorer && map(`restorer_${length}`, dimensions, length),
      };
    }),
  });

  function linearDecoder(length: number): LinearDecoder {
    const [smallest = 0, largest = 0] = file.floats(`decoder_${length}_norm_range`, [2]);
    return new LinearDecoder(map(`decoder_${length}`, dimensions, length), [smallest, largest]);
  }

  function additiveDecoder(): AdditiveDecoder {
    if (bits % 8 !== 0 || !tensors[`restorer_${bits}_weights`]) {
      throw invalidQuantizerFile(
        `got codebooks for ${bits} bits, expected them for whole bytes and beside a restorer`,
      );
    }
    const rows = bits * 32;
    const data = file.floats('codebooks', [rows, dimensions]);
    const [smallest = 0, largest = 0] = file.floats('codebooks_norm_range', [2]);
    return new AdditiveDecoder({ rows, columns: dimensions, data }, [smallest, largest]);
  }

  function map(name: string, outputs: number, inputs: number): AffineMap {
    const data = file.floats(`${name}_weights`, [outputs, inputs]);
    return {
      weights: { rows: outputs, columns: inputs, data },
      bias: file.floats(`${name}_bias`, [outputs]),
      inputDimensions: inputs,
    };
  }
}

function isNested(value: unknown, bits: number): value is number[] {
  return (
    Array.isArray(value) &&
    value[value.length - 1] === bits &&
    value.every(
      (length, i) => Number.isInteger(length) && length > (i === 0 ? 0 : (value[i - 1] as number)),
    )
  );
}

function areWidths(value: unknown): value is { encoder: number; query: number } {
  const { encoder, query } = Object(value) as Record<string, unknown>;
  return [encoder, query].every((width) => Number.isInteger(width) && (width as number) >= 0);
}
