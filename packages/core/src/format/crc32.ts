/** The checksum of bytes, given that of what comes before them; 0 where nothing does. */
export type Crc32 = (bytes: Uint8Array, before: number) => number;

/** By the place of a byte among eight: what it makes of a checksum. */
let tables: Uint32Array[] | undefined;

/**
 * CRC-32 as in gzip and PNG, eight bytes at a time.
 *
 * Source: ISO 3309; Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008.
 */
export function crc32(bytes: Uint8Array, before: number): number {
  tables ??= createTables();
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = ~before;
  let i = 0;
  for (const whole = bytes.length & ~7; i < whole; i += 8) {
    const low =
      crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    crc =
      t7[low & 255] ^
      t6[(low >>> 8) & 255] ^
      t5[(low >>> 16) & 255] ^
      t4[low >>> 24] ^
      t3[bytes[i + 4]] ^
      t2[bytes[i + 5]] ^
      t1[bytes[i + 6]] ^
      t0[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

function createTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0xedb88320);
    return crc;
  });
  const all = [first];
  for (let place = 1; place < 8; place++) {
    all.push(all[place - 1].map((crc) => (crc >>> 8) ^ first[crc & 255]));
  }
  return all;
}
