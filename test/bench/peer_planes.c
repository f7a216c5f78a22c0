// The C peer for images of other types: statistics of each channel of [N, C, S] values in memory. It reads one command a line from
// stdin, fields separated by tabs, and answers each with one line of JSON on stdout; times are taken inside, around the work alone.
//   load N C S DTYPE OFFSET PATH   fill the tensor from N · C · S float32 of a file; DTYPE float16, or uint8: floor(40 v + 128), clamped
//   stats THREADS                  mean, biased variance, minimum and maximum of each channel
// Sums of float16 are taken in float64 about a plane's first value, those of uint8 in integers, exactly; planes are merged per channel.
#define _GNU_SOURCE
#include "peer_values.h"
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>

#define LANES 32
#define BLOCK 8192
#define MOST_THREADS 64

typedef struct {
  double n, mean, m2, min, max;
} Row;

static struct {
  size_t n, c, s, bytes;
  int is_half;
  char *x;
} tensor;
static Row *rows; // [threads, C]
static size_t next_sample;

/** Float16 of a block as float32, which the cache keeps for what sums them. */
static void widen(const uint16_t *x, float *into, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(into + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(x + i))));
  for (; i < n; i++) into[i] = _cvtsh_ss(x[i]);
}

/** Lane by lane, so that the compiler makes vectors of them. */
typedef struct {
  double pivot, s[LANES], q[LANES];
  float low[LANES], high[LANES];
} Lanes;

static inline __attribute__((always_inline)) void add(Lanes *to, const float *x, int width) {
  for (int k = 0; k < width; k++) {
    double d = x[k] - to->pivot;
    to->s[k] += d, to->q[k] += d * d;
    to->low[k] = x[k] < to->low[k] ? x[k] : to->low[k], to->high[k] = x[k] > to->high[k] ? x[k] : to->high[k];
  }
}

static Row row_of_half(const uint16_t *x, size_t n) {
  static _Thread_local float block[BLOCK];
  Lanes lanes = {.pivot = _cvtsh_ss(x[0])};
  for (int k = 0; k < LANES; k++) lanes.low[k] = INFINITY, lanes.high[k] = -INFINITY;
  for (size_t first = 0; first < n; first += BLOCK) {
    size_t size = first + BLOCK < n ? BLOCK : n - first, i = 0;
    widen(x + first, block, size);
    for (; i + LANES <= size; i += LANES) add(&lanes, block + i, LANES);
    add(&lanes, block + i, size - i);
  }
  Row r = {n, 0, 0, INFINITY, -INFINITY};
  double sum = 0, square = 0;
  for (int k = 0; k < LANES; k++) {
    sum += lanes.s[k], square += lanes.q[k];
    r.min = lanes.low[k] < r.min ? lanes.low[k] : r.min, r.max = lanes.high[k] > r.max ? lanes.high[k] : r.max;
  }
  r.mean = lanes.pivot + sum / n, r.m2 = square - sum * (sum / n);
  return r;
}

/** Blocks of so many values do not exceed 32 bits. */
static Row row_of_bytes(const uint8_t *x, size_t n) {
  uint64_t sum = 0, square = 0;
  uint8_t low = 255, high = 0;
  for (size_t first = 0; first < n; first += BLOCK) {
    size_t end = first + BLOCK < n ? first + BLOCK : n;
    uint32_t s = 0, q = 0;
    for (size_t i = first; i < end; i++) {
      uint32_t v = x[i];
      s += v, q += v * v;
      low = x[i] < low ? x[i] : low, high = x[i] > high ? x[i] : high;
    }
    sum += s, square += q;
  }
  double mean = (double)sum / n;
  return (Row){n, mean, (double)((__int128)square * n - (__int128)sum * sum) / n, low, high};
}

static void merge(Row *a, Row b) {
  if (a->n == 0) {
    *a = b;
    return;
  }
  double n = a->n + b.n, delta = b.mean - a->mean;
  a->mean += delta * (b.n / n), a->m2 += b.m2 + delta * delta * (a->n * b.n / n), a->n = n;
  a->min = b.min < a->min ? b.min : a->min, a->max = b.max > a->max ? b.max : a->max;
}

static void *over_samples(void *argument) {
  Row *own = rows + (size_t)argument * tensor.c;
  for (size_t n; (n = __atomic_fetch_add(&next_sample, 1, __ATOMIC_RELAXED)) < tensor.n;)
    for (size_t c = 0; c < tensor.c; c++) {
      size_t at = (n * tensor.c + c) * tensor.s;
      merge(&own[c], tensor.is_half ? row_of_half((uint16_t *)tensor.x + at, tensor.s)
                                    : row_of_bytes((uint8_t *)tensor.x + at, tensor.s));
    }
  return 0;
}

static void statistics(int threads) {
  pthread_t others[MOST_THREADS];
  double start = now_ms();
  next_sample = 0;
  rows = realloc(rows, threads * tensor.c * sizeof(Row));
  memset(rows, 0, threads * tensor.c * sizeof(Row));
  for (int t = 1; t < threads; t++)
    if (pthread_create(&others[t], 0, over_samples, (void *)(size_t)t)) fail("pthread_create");
  over_samples(0);
  for (int t = 1; t < threads; t++) pthread_join(others[t], 0);
  for (int t = 1; t < threads; t++)
    for (size_t c = 0; c < tensor.c; c++)
      if (rows[t * tensor.c + c].n > 0) merge(&rows[c], rows[t * tensor.c + c]);
  printf("{\"ms\":%.4f", now_ms() - start);
  const char *names[] = {"mean", "variance", "min", "max"};
  for (int k = 0; k < 4; k++) {
    printf(",\"%s\":[", names[k]);
    for (size_t c = 0; c < tensor.c; c++) {
      Row r = rows[c];
      printf("%s%.17g", c ? "," : "", k == 0 ? r.mean : k == 1 ? r.m2 / r.n : k == 2 ? r.min : r.max);
    }
    printf("]");
  }
  printf("}\n");
}

static void put(size_t i, float v) {
  if (tensor.is_half) ((uint16_t *)tensor.x)[i] = _cvtss_sh(v, _MM_FROUND_TO_NEAREST_INT);
  else ((uint8_t *)tensor.x)[i] = level_of(v);
}

static void load(char **field) {
  tensor.n = atol(field[1]), tensor.c = atol(field[2]), tensor.s = atol(field[3]);
  tensor.is_half = !strcmp(field[4], "float16");
  size_t values = tensor.n * tensor.c * tensor.s;
  if (tensor.x) munmap(tensor.x, tensor.bytes);
  tensor.bytes = values * (tensor.is_half ? 2 : 1);
  tensor.x = new_memory(tensor.bytes);
  read_values(field[6], atol(field[5]), values, put);
  printf("{\"ms\":0}\n");
}

static void answer(char **field) {
  if (!strcmp(field[0], "load")) load(field);
  else if (!strcmp(field[0], "stats")) statistics(atoi(field[1]));
  else errno = EINVAL, fail(field[0]);
}

int main(void) { return answer_lines(answer); }
