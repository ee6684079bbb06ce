"""faiss on one thread. usage: faiss.py <folder with the vectors>; prints one JSON object like measure.mjs."""
import json
import os
import sys
import time

os.environ['OMP_NUM_THREADS'] = '1'
folder = sys.argv[1]
sys.path = [path for path in sys.path if os.path.abspath(path or '.') != os.path.dirname(os.path.abspath(__file__))]
import faiss  # noqa: E402
import numpy  # noqa: E402

faiss.omp_set_num_threads(1)
with open(os.path.join(folder, 'description.json')) as file:
    dimensions = json.load(file)['dimensions']


def read(name, kind, columns):
    return numpy.fromfile(os.path.join(folder, name), kind).reshape(-1, columns)


def resident():
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


vectors = read('vectors.f32', numpy.float32, dimensions)
queries = read('queries.f32', numpy.float32, dimensions)
truth = read('truth.u32', numpy.uint32, 10)


def measure(search):
    times = numpy.full(len(queries), numpy.inf)
    found = 0
    start = time.perf_counter()
    for turn in range(10):
        if turn and time.perf_counter() - start > 2:
            break
        for i, query in enumerate(queries):
            begin = time.perf_counter()
            rows = search(query[None])
            times[i] = min(times[i], 1000 * (time.perf_counter() - begin))
            if turn == 0:
                found += len(set(rows) & set(truth[i]))
    return {
        'recall': found / truth.size,
        'p50': float(numpy.quantile(times, 0.5)),
        'p95': float(numpy.quantile(times, 0.95)),
        'queriesPerSecond': float(1000 / times.mean()),
    }


before = resident()
start = time.perf_counter()
start_cpu = time.process_time()
hnsw = faiss.IndexHNSWFlat(dimensions, 16, faiss.METRIC_INNER_PRODUCT)
hnsw.hnsw.efConstruction = 200
hnsw.add(vectors)
result = {
    'buildSeconds': time.perf_counter() - start,
    'buildCpuSeconds': time.process_time() - start_cpu,
    'residentMegabytes': (resident() - before) / 2**20,
    'points': [],
}
path = os.path.join(folder, 'faiss.index')
faiss.write_index(hnsw, path)
result['diskMegabytes'] = os.path.getsize(path) / 2**20
os.remove(path)
for width in (20, 40, 80, 120, 160, 240, 320):
    hnsw.hnsw.efSearch = width
    point = measure(lambda query: hnsw.search(query, 10)[1][0])
    result['points'].append({'setting': f'HNSW, ef {width}', **point})
print(json.dumps(result))
