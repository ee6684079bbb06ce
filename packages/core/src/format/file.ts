import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { parseJson } from './parse-json.ts';
import type { Safetensors, Tensor } from './safetensors.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/** The newest version of the format, and the only one so far. */
const formatVersion = '1';

/** The contents of a bitryoshka file. */
export interface FileContents {
  /** What the file holds, such as `quantizer`. */
  readonly kind: string;
  /** Plain JSON values. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/**
 * A safetensors file whose metadata says what it is: `format`, `version`, `kind`, `fields` (JSON) and
 * `sha256`, the hash of the same file with an empty `sha256`. The same contents give the same bytes.
 */
export function encodeFile({ kind, fields, tensors }: FileContents): Uint8Array {
  const metadata = {
    format: 'bitryoshka',
    version: formatVersion,
    kind,
    fields: JSON.stringify(fields),
    sha256: '',
  };
  const unsigned = encodeSafetensors({ tensors, metadata });
  return encodeSafetensors({ tensors, metadata: { ...metadata, sha256: hashOf(unsigned) } });
}

/**
 * Reads what {@link encodeFile} wrote.
 *
 * @param isTrusted whether its hash need not be computed, for bytes that never left this process
 * @throws BitryoshkaError `truncated-file`, `invalid-file`, `unsupported-version` or
 *   `checksum-mismatch`
 */
export function decodeFile(
  file: Uint8Array,
  expectedKind: string,
  isTrusted = false,
): FileContents {
  const contents = decodeSafetensors(file);
  const { format, version, kind, fields, sha256: expectedHash } = contents.metadata;
  if (format !== 'bitryoshka' || kind !== expectedKind || fields === undefined) {
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `got a file of format "${format}" and kind "${kind}", expected "bitryoshka" and "${expectedKind}".`,
      remedy: 'Check that this is the right file.',
    });
  }
  if (version !== formatVersion) {
    throw new BitryoshkaError({
      code: 'unsupported-version',
      message: `got version ${version} of the file format, expected ${formatVersion}.`,
      remedy: 'Update bitryoshka, or save the file again with this version.',
    });
  }
  const hash = isTrusted ? expectedHash : hashOf(withoutHash(contents));
  if (hash !== expectedHash) {
    throw new BitryoshkaError({
      code: 'checksum-mismatch',
      message: `got contents with SHA-256 ${hash}, expected ${expectedHash}.`,
      remedy: 'The file was damaged: copy or save it again.',
    });
  }
  return { kind, fields: parseFields(fields), tensors: contents.tensors };
}

function parseFields(text: string): FileContents['fields'] {
  try {
    const fields = parseJson(text);
    if (typeof fields === 'object' && fields !== null) return fields as FileContents['fields'];
  } catch {
    // The same is to be said of what is no JSON.
  }
  throw new BitryoshkaError({
    code: 'invalid-file',
    message: 'got a file whose fields are no JSON object.',
    remedy: 'Check that this is the right file.',
  });
}

function withoutHash({ tensors, metadata }: Safetensors): Uint8Array {
  return encodeSafetensors({ tensors, metadata: { ...metadata, sha256: '' } });
}

function hashOf(file: Uint8Array): string {
  return bytesToHex(sha256(file));
}
