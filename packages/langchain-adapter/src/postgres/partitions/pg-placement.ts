import { crc32 } from '@bitryoshka/core/internal';

const utf8 = new TextEncoder();

/**
 * On which of several servers a document lies: the CRC-32 (as in gzip) of its id in UTF-8, modulo their number. In
 * Python, `zlib.crc32(id.encode()) % partitions`.
 */
export function partitionOf(id: string, partitions: number): number {
  return crc32(utf8.encode(id), 0) % partitions;
}
