/* The limit that the WebAssembly scan is measured against: plain loops over packed codes, compiled for
   this very processor. Usage: scan ROWS BITS RUNS; prints the median milliseconds of both loops. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, count, sizeof *values, ascending);
  return values[count / 2];
}

/* Every distance computed, none kept: what reading and counting cost. */
#define DEFINE_SUM(WORDS)                                                             \
  static uint64_t sum##WORDS(const uint64_t *codes, const uint64_t *query, long rows) { \
    uint64_t sum = 0;                                                                 \
    for (long i = 0; i < rows; i++)                                                   \
      for (int w = 0; w < WORDS; w++)                                                 \
        sum += __builtin_popcountll(codes[i * WORDS + w] ^ query[w]);                 \
    return sum;                                                                       \
  }

/* The distances that are below a bound which tightens as in the real scan, kept. */
#define DEFINE_TOP(WORDS)                                                                          \
  static uint64_t top##WORDS(const uint64_t *codes, const uint64_t *query, long rows, uint32_t k,  \
                             uint32_t *histogram, uint32_t *kept) {                                \
    uint32_t bound = WORDS * 64 + 1, below = 0;                                                    \
    uint64_t count = 0;                                                                            \
    memset(histogram, 0, (WORDS * 64 + 2) * sizeof *histogram);                                    \
    for (long i = 0; i < rows; i++) {                                                              \
      uint32_t distance = 0;                                                                       \
      for (int w = 0; w < WORDS; w++) distance += __builtin_popcountll(codes[i * WORDS + w] ^ query[w]); \
      if (distance >= bound) continue;                                                             \
      kept[count++] = i;                                                                           \
      histogram[distance]++;                                                                       \
      below++;                                                                                     \
      while (below >= k) below -= histogram[--bound];                                              \
    }                                                                                              \
    return count;                                                                                  \
  }

#define DEFINE(WORDS) DEFINE_SUM(WORDS) DEFINE_TOP(WORDS)
DEFINE(2)
DEFINE(4)
DEFINE(16)

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  long rows = atol(argv[1]);
  int words = atoi(argv[2]) / 64, runs = atoi(argv[3]);
  uint64_t *codes = malloc(rows * words * 8), query[16], state = 1, sink = 0;
  uint32_t *histogram = malloc(1026 * sizeof *histogram), *kept = malloc(rows * sizeof *kept);
  double *sums = malloc(runs * sizeof *sums), *tops = malloc(runs * sizeof *tops);
  if (!codes || !histogram || !kept || !sums || !tops) return 3;
  for (long i = 0; i < rows * words + words; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    uint64_t mixed = (state ^ (state >> 29)) * 0xbf58476d1ce4e5b9u;
    if (i < words) query[i] = mixed;
    else codes[i - words] = mixed ^ (mixed >> 32);
  }
  for (int run = 0; run < runs; run++) {
    double start = now();
    if (words == 2) sink += sum2(codes, query, rows);
    else if (words == 4) sink += sum4(codes, query, rows);
    else sink += sum16(codes, query, rows);
    double middle = now();
    if (words == 2) sink += top2(codes, query, rows, 100, histogram, kept);
    else if (words == 4) sink += top4(codes, query, rows, 100, histogram, kept);
    else sink += top16(codes, query, rows, 100, histogram, kept);
    sums[run] = middle - start;
    tops[run] = now() - middle;
  }
  printf("{\"sum\":%f,\"top\":%f,\"sink\":%llu}\n", median(sums, runs), median(tops, runs),
         (unsigned long long)sink);
  return 0;
}
