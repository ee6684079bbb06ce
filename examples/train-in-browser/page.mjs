// Vectors go to the worker, a quantizer's file comes back. The page measures its own frames. To load the
// file, which takes as long as hashing a megabyte, is left to a worker too.

const rows = 2000;
const columns = 384;
/** Vectors that are made between two frames. */
const rowsPerFrame = 40;
const element = (id) => document.getElementById(id);

element('train').onclick = async () => {
  element('train').disabled = true;
  const frames = watchFrames();
  const started = performance.now();
  const { file, kind, bits, stages } = await train(await clusters(), { bits: 128 });
  const seconds = (performance.now() - started) / 1000;
  const longestFrame = frames.stop();
  const taken = stages.find(({ isTaken }) => isTaken);
  element('result').textContent = [
    `${kind} of ${bits} bits in ${seconds.toFixed(1)} s, longest frame ${longestFrame.toFixed(0)} ms`,
    ...[stages[0], taken].map(
      ({ name, recalls }) =>
        `${name}: ${recalls.map(({ rerank, recall }) => `${recall.toFixed(3)} re-ranking ${rerank}`).join(', ')}`,
    ),
  ].join('\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([file]));
  link.download = 'head.safetensors';
  link.textContent = 'Save the quantizer';
  element('file').append(link);
  // What a test of this page reads.
  globalThis.trained = { seconds, longestFrame, kind, bits };
};

function train(vectors, options) {
  const worker = new Worker('worker.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onerror = reject;
    worker.onmessage = ({ data: { progress, fit, error } }) => {
      if (progress) element('progress').value = progress.done / progress.total;
      if (fit) resolve(fit);
      if (error) reject(new Error(error));
    };
    // Moved, not copied.
    worker.postMessage({ vectors, options }, [vectors.data.buffer]);
  }).finally(() => worker.terminate());
}

/** The longest time between two frames, in milliseconds, until it is stopped. */
function watchFrames() {
  let longest = 0;
  let before = performance.now();
  let watching = true;
  const next = (now) => {
    longest = Math.max(longest, now - before);
    before = now;
    if (watching) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  return {
    stop() {
      watching = false;
      return longest;
    },
  };
}

/**
 * Vectors around 100 centres, later dimensions weaker, a few between two frames: yours would come from a
 * model.
 */
async function clusters() {
  const noise = () => Math.random() + Math.random() + Math.random() - 1.5;
  const centres = Array.from({ length: 100 }, () => Float32Array.from({ length: columns }, noise));
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    if (i % rowsPerFrame === 0) await new Promise(requestAnimationFrame);
    const centre = centres[i % centres.length];
    for (let j = 0; j < columns; j++) {
      data[i * columns + j] = (centre[j] + noise()) / (1 + j / 64);
    }
  }
  return { rows, columns, data };
}
