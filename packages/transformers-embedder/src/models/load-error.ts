import { BitryoshkaError } from '@bitryoshka/core';
import type { ModelLocation } from './model-location.ts';

/** Turns what the library throws while loading into an error that says what to do. */
export function loadError(location: ModelLocation, cause: unknown): BitryoshkaError {
  if (BitryoshkaError.isInstance(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (location.kind === 'hub' && unreachable.test(reason)) {
    return new BitryoshkaError({
      code: 'model-not-found',
      message: `model: "${location.id}" is no folder on this machine, and the hub could not be reached (${reason}).`,
      remedy:
        'Connect to the network, set `model` to a local folder (./name), or leave it out to use the bundled model.',
      cause,
    });
  }
  if (location.kind === 'hub' && refused.test(reason)) {
    return new BitryoshkaError({
      code: 'model-not-found',
      message: `model: the hub does not give out "${location.id}" (${reason})`,
      remedy:
        'Check the id and that the model has ONNX files, set `model` to a local folder, or leave it out to use the bundled model.',
      cause,
    });
  }
  return new BitryoshkaError({
    code: 'model-failed',
    message: `model: ${describe(location)} could not be loaded (${reason}).`,
    remedy:
      'Its files are damaged, or of a kind that onnxruntime 1.14 cannot read (ONNX IR version above 8): copy or export them again.',
    cause,
  });
}

/** The library throws plain errors, so only their text tells a missing network from a bad file. */
const unreachable = /fetch failed|network|timeout|\(5\d\d\)|server error|gateway|unavailable/i;
const refused = /^(Could not locate|Unauthorized|Forbidden|Bad request)|local_files_only/i;

function describe(location: ModelLocation): string {
  return location.kind === 'hub' ? `"${location.id}"` : `the folder "${location.name}"`;
}
