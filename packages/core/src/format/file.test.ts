import { describe, expect, it } from 'vitest';
import { decodeFile, encodeFile } from './file.ts';
import { decodeSafetensorsHeader } from './safetensors.ts';

const contents = {
  kind: 'test',
  fields: { bits: 3, name: 'Ä' },
  tensors: {
    bytes: { shape: [3], data: Uint8Array.of(1, 2, 3) },
    // Not at a multiple of four: readers must not assume it.
    floats: { shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 1e-9) },
    nothing: { shape: [0, 5], data: new Float32Array(0) },
  },
};
const file = encodeFile(contents);

describe('encodeFile', () => {
  it('is read back as it was written', () => {
    expect(decodeFile(file, 'test')).toEqual(contents);
  });

  it('is read from a Node buffer too, wherever it lies in its pool', () => {
    expect(decodeFile(Buffer.from(file), 'test')).toEqual(contents);
  });

  it('writes the same bytes as ever', () => {
    const text = new TextDecoder().decode(
      file.subarray(8, decodeSafetensorsHeader(file).headerBytes),
    );
    expect(text.trimEnd()).toBe(
      '{"__metadata__":{"format":"bitryoshka","version":"1","kind":"test","fields":"{\\"bits\\":3,\\"name\\":\\"Ä\\"}","sha256":"066895e34fbcb8140b231cf2340f7ad75de88f2b15755738051872b362cc8e68"},"bytes":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"floats":{"dtype":"F32","shape":[2,2],"data_offsets":[3,19]},"nothing":{"dtype":"F32","shape":[0,5],"data_offsets":[19,19]}}',
    );
  });
});

describe('decodeFile', () => {
  it('refuses a file of another kind', () => {
    expect(() => decodeFile(file, 'quantizer')).toThrow(/kind "test", expected .* "quantizer"/);
  });

  it('refuses a file that ends early, wherever it ends', () => {
    for (let length = 0; length < file.length; length++) {
      expect(codeOf(file.subarray(0, length))).toBe('truncated-file');
    }
  });

  it('refuses a file that goes on', () => {
    expect(codeOf(Uint8Array.of(...file, 0))).toBe('invalid-file');
  });

  it('refuses a file in which any byte was changed', () => {
    for (let i = 0; i < file.length; i++) {
      const damaged = file.slice();
      damaged[i] ^= 0x15;
      expect(() => decodeFile(damaged, 'test'), `byte ${i}`).toThrow();
      expect(codeOf(damaged)).toMatch(
        /invalid-file|truncated-file|checksum-mismatch|unsupported-version/,
      );
    }
  });

  it('refuses a newer version', () => {
    const text = Buffer.from(file).toString('latin1').replace('"version":"1"', '"version":"2"');
    expect(codeOf(Uint8Array.from(Buffer.from(text, 'latin1')))).toBe('unsupported-version');
  });

  it('refuses what is no such file at all', () => {
    expect(codeOf(new TextEncoder().encode('{"a": 1}'))).toBe('invalid-file');
    expect(codeOf(new Uint8Array(100))).toBe('invalid-file');
  });
});

function codeOf(bytes: Uint8Array): string {
  try {
    decodeFile(bytes, 'test');
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
