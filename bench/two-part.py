"""Quantizers of faiss, and Lucene's by its formula, on one thread.

usage: two-part.py FOLDER NAME BYTES (two-part.mjs writes the folder). Writes the nearest rows of every question by
each way of scoring to FOLDER/NAME-BYTES-SCORED.u32, best first, and prints one JSON object.
"""
import json
import os
import resource
import sys
import time

os.environ['OMP_NUM_THREADS'] = '1'
import faiss  # noqa: E402
import numpy as np  # noqa: E402

faiss.omp_set_num_threads(1)
# What takes longer is left out.
resource.setrlimit(resource.RLIMIT_CPU, (30 * 60, resource.RLIM_INFINITY))
folder, name, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(os.path.join(folder, 'description.json')) as file:
    description = json.load(file)
dimensions, deepest = description['dimensions'], description['deepest']
K, RERANKED = 10, 100
ROUNDS = 3
BLOCK = 20_000
# faiss would take five gigabytes for distances to the words of a codebook.
DISTANCE_BYTES = 2**28


def read(of):
    return np.memmap(os.path.join(folder, f'{of}.f32'), np.float32, 'r').reshape(-1, dimensions)


vectors, learned, queries = read('vectors'), np.array(read('learned')), np.array(read('queries'))
result = {'ways': {}}


def blocks():
    for start in range(0, len(vectors), BLOCK):
        yield start, np.array(vectors[start : start + BLOCK])


def keep(way, rows, **figures):
    rows.astype(np.uint32).tofile(os.path.join(folder, f'{name}-{size}-{way}.u32'))
    result['ways'][way] = figures


def nearest_by(score_of_block):
    """The best rows of each question, where scores are known for a block of rows at a time."""
    best, rows = np.full((len(queries), deepest), -np.inf, np.float32), np.zeros((len(queries), deepest), np.int64)
    for start in range(0, len(vectors), BLOCK):
        scores = score_of_block(start, min(start + BLOCK, len(vectors)))
        own = np.broadcast_to(np.arange(start, start + scores.shape[1]), scores.shape)
        both, of = np.concatenate([best, scores], 1), np.concatenate([rows, own], 1)
        top = np.argpartition(-both, deepest - 1, 1)[:, :deepest]
        best, rows = np.take_along_axis(both, top, 1), np.take_along_axis(of, top, 1)
    return np.take_along_axis(rows, np.argsort(-best, 1, kind='stable'), 1)


def milliseconds(index):
    """Median of a search by one question that re-ranks by floats; the best of several rounds counts."""
    refined = faiss.IndexRefineFlat(index, faiss.swig_ptr(np.ascontiguousarray(vectors)))
    refined.k_factor = RERANKED / K
    best = np.full(len(queries), np.inf)
    for _ in range(ROUNDS):
        for i in range(len(queries)):
            start = time.perf_counter()
            refined.search(queries[i : i + 1], K)
            best[i] = min(best[i], 1000 * (time.perf_counter() - start))
    return float(np.median(best))


def make():
    norm, l2 = faiss.AdditiveQuantizer.ST_norm_qint8, faiss.METRIC_L2
    if name == 'rq':
        return faiss.IndexResidualQuantizer(dimensions, size, 8, l2, norm)
    if name == 'prq':
        return faiss.IndexProductResidualQuantizer(dimensions, 2, size // 2, 8, l2, norm)
    if name == 'lsq':
        return faiss.IndexLocalSearchQuantizer(dimensions, size, 8, l2, norm)
    if name == 'plsq':
        return faiss.IndexProductLocalSearchQuantizer(dimensions, 2, size // 2, 8, l2, norm)
    if name == 'opq':
        index = faiss.IndexPQ(dimensions, size, 8, l2)
        return faiss.IndexPreTransform(faiss.OPQMatrix(dimensions, size), index)
    if name == 'rabitq':
        index = faiss.IndexRaBitQ(dimensions, l2)
        index.qb = 4
        return faiss.IndexPreTransform(faiss.RandomRotationMatrix(dimensions, dimensions), index)
    raise SystemExit(f'name: got {name}')


def residual_quantizers(index):
    if name == 'rq':
        return [index.rq]
    if name == 'prq':
        parts = [index.prq.subquantizer(i) for i in range(index.prq.nsplits)]
        return [faiss.downcast_Quantizer(part) for part in parts]
    return []


def measure_faiss():
    index = make()
    for each in residual_quantizers(index):
        each.max_mem_distances = DISTANCE_BYTES
    start = time.process_time()
    index.train(learned)
    result['fit'] = time.process_time() - start
    # The same codes in a third of the time.
    for each in residual_quantizers(index):
        each.compute_codebook_tables()
        each.use_beam_LUT = 1
    start = time.process_time()
    for _, block in blocks():
        index.add(block)
    result['encoded'] = len(vectors) / (time.process_time() - start)
    _, rows = index.search(queries, deepest)
    scored = 'all rows' if name == 'rabitq' else 'all rows, the distance'
    keep('own', rows, bytes=index.sa_code_size(), scored=scored, ms=milliseconds(index))
    if name == 'rabitq':
        return

    def decoded(start, end):
        return index.reconstruct_n(start, end - start)

    rows = nearest_by(lambda start, end: queries @ decoded(start, end).T)
    keep('product', rows, bytes=size, scored='all rows, the inner product')
    lengths = np.concatenate([np.linalg.norm(decoded(at, at + len(block)), axis=1) for at, block in blocks()])
    low, high = lengths.min(), lengths.max()
    step = (high - low) / 255
    lengths = low + np.round((lengths - low) / step) * step
    rows = nearest_by(lambda start, end: queries @ decoded(start, end).T / lengths[start:end])
    keep('cosine', rows, bytes=size + 1, scored='all rows, the cosine')


def levels_of(x, bits, weight=0.1, rounds=5):
    """Each row's interval of 2^bits levels that keeps the row's own direction best, and its values as levels.

    The loss counts what is lost along the row more than what is lost across it: (1 - weight) times the squared product
    of loss and row by the row's squared length, and weight times the squared loss. With the levels held, the best
    interval is a system of two equations.
    """
    steps = 2**bits - 1
    spread = {1: 0.798, 4: 2.514}[bits]
    squared = np.maximum((x * x).sum(1), 1e-12)
    mean, std = x.mean(1), x.std(1)
    low, high = (np.clip(mean + sign * spread * std, x.min(1), x.max(1)) for sign in (-1, 1))

    def shares(low, high):
        inside = np.clip(x, low[:, None], high[:, None]) - low[:, None]
        return np.round(inside / (high - low)[:, None] * steps) / steps

    def loss(low, high, s):
        lost = x - (low[:, None] + s * (high - low)[:, None])
        return (1 - weight) * (x * lost).sum(1) ** 2 / squared + weight * (lost * lost).sum(1)

    s = shares(low, high)
    least = loss(low, high, s)
    for _ in range(rounds):
        r = 1 - s
        aa, ab, bb = (r * r).sum(1), (r * s).sum(1), (s * s).sum(1)
        ax, bx = (r * x).sum(1), (s * x).sum(1)
        scale = (1 - weight) / squared
        m0, m1, m2 = scale * ax * ax + weight * aa, scale * ax * bx + weight * ab, scale * bx * bx + weight * bb
        det = m0 * m2 - m1 * m1
        with np.errstate(divide='ignore', invalid='ignore'):
            to_low, to_high = (m2 * ax - m1 * bx) / det, (m0 * bx - m1 * ax) / det
        sound = (np.abs(det) > 1e-20) & (to_high > to_low)
        to_low, to_high = np.where(sound, to_low, low), np.where(sound, to_high, high)
        to_s = shares(to_low, to_high)
        lost = loss(to_low, to_high, to_s)
        better = lost <= least
        low, high, least = (np.where(better, new, old) for new, old in ((to_low, low), (to_high, high), (lost, least)))
        s = np.where(better[:, None], to_s, s)
    return low[:, None] + s * (high - low)[:, None]


def measure_lucene():
    """Optimized scalar quantization: 1 bit for each centred dimension, 4 for a question's."""
    start = time.process_time()
    centre = learned.mean(0)
    result['fit'] = time.process_time() - start
    start = time.process_time()
    kept = np.concatenate([levels_of(block - centre, 1) for _, block in blocks()]).astype(np.float32)
    result['encoded'] = len(vectors) / (time.process_time() - start)
    # q·x = (q - c)·(x - c) + q·c + x·c - c·c, of which x·c is kept with a code.
    along = np.concatenate([block @ centre for _, block in blocks()])
    asked = levels_of(queries - centre, 4).astype(np.float32)
    rows = nearest_by(lambda start, end: asked @ kept[start:end].T + along[start:end])
    # A bit each, an interval and a correction of four bytes each, and two for the sum of the bits.
    keep('own', rows, bytes=size + 14, scored='all rows, the question in 4 bits')


measure_lucene() if name == 'osq' else measure_faiss()
print(json.dumps(result))
