import { BitryoshkaError } from '@bitryoshka/core';
import type { ModelLocation } from '../models/model-files.ts';

/** Turns what a library throws while loading into an error that says what to do. */
export function loadError(location: ModelLocation, cause: unknown): BitryoshkaError {
  if (BitryoshkaError.isInstance(cause)) return cause;
  const reason = reasonOf(cause);
  if (location.kind === 'hub' && refused.test(reason)) {
    return new BitryoshkaError({
      code: 'model-not-found',
      message: `model: the hub does not give out "${location.id}" (${reason})`,
      remedy:
        'Check the id and that the model has ONNX files, set `model` to a local folder, or leave it out to use the bundled model.',
      cause,
    });
  }
  if (location.kind === 'hub' && unreachable.test(reason)) {
    return new BitryoshkaError({
      code: 'model-not-found',
      message: `model: "${location.id}" is no folder on this machine, and the hub could not be reached (${reason}).`,
      remedy:
        'Connect to the network, set `model` to a local folder (./name), or leave it out to use the bundled model.',
      cause,
    });
  }
  return new BitryoshkaError({
    code: 'model-failed',
    message: `model: ${describe(location)} could not be loaded (${reason}).`,
    remedy:
      'Its files are damaged, or of a kind that the library cannot read (onnxruntime 1.14 of @xenova/transformers stops at ONNX IR version 8): copy or export them again.',
    cause,
  });
}

/** Libraries throw plain errors, so only their text tells a missing network from a bad file. */
const unreachable = /fetch failed|network|timeout|\b5\d\d\b|server error|gateway|unavailable/i;
const refused =
  /^(Could not locate|Unauthorized|Forbidden|Bad request)|local_files_only|allowRemoteModels|\b40[134]\b/i;

/** With what lies beneath: "fetch failed" alone says nothing. */
function reasonOf(cause: unknown): string {
  const message = String(Object(cause).message ?? cause);
  const { code, message: beneath } = Object(Object(cause).cause) as Record<string, unknown>;
  const detail = [code, beneath].find((text) => typeof text === 'string');
  return detail === undefined ? message : `${message}: ${detail}`;
}

function describe(location: ModelLocation): string {
  if (location.kind === 'hub') return `"${location.id}"`;
  return location.kind === 'folder'
    ? `the folder "${location.files.name}"`
    : `"${location.files.name}"`;
}
