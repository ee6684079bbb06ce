import { loadDecodable } from './decodable-quantizer.ts';
import { loaders } from './families.ts';
import type { Quantizer } from './quantizer.ts';
import { invalidQuantizerFile, QuantizerFile } from './quantizer-file.ts';

/**
 * Restores what `quantizer.save()` wrote.
 *
 * @throws BitryoshkaError `invalid-file`, `truncated-file`, `checksum-mismatch` or
 *   `unsupported-version`
 */
export function loadQuantizer(file: Uint8Array): Quantizer {
  return load(file, false);
}

/** The same for bytes that never left this process: a hash takes up to 65 ms for a megabyte. */
export function loadTrustedQuantizer(file: Uint8Array): Quantizer {
  return load(file, true);
}

function load(file: Uint8Array, isTrusted: boolean): Quantizer {
  const parsed = new QuantizerFile(file, isTrusted);
  const { form = 'affine' } = parsed.fields;
  const { fitReport } = parsed;
  if (form === 'decodable') return Object.assign(loadDecodable(parsed, load), { fitReport });
  if (typeof form === 'string' && Object.hasOwn(loaders, form)) {
    return Object.assign(loaders[form](parsed), { fitReport });
  }
  const known = ['decodable', ...Object.keys(loaders)].join(', ');
  throw invalidQuantizerFile(`got form ${JSON.stringify(form)}, expected one of ${known}`);
}
