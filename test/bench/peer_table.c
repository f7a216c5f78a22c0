// The C peer for tables: statistics of each column of [N, C] values in memory. It reads one command a line from stdin, fields
// separated by tabs, and answers each with one line of JSON on stdout; times are taken inside, around the work alone.
//   load N C DTYPE OFFSET PATH   fill the table from N · C float32 of a file; DTYPE float32, float64, or uint8: floor(40 v + 128), clamped
//   stats THREADS                mean, biased variance, minimum and maximum of each column
//   bn THREADS                   batch norm of a float32 table into another one, its channels last: weight 1.1, bias 0.3
// Sums are taken in float64 about the first row. Tables of few columns are taken as one of 32 and more: its columns are merged.
#define _GNU_SOURCE
#include "peer_values.h"
#include <pthread.h>
#include <stdint.h>

#define BLOCK_BYTES (32 << 10)
#define PIECE_BYTES (1 << 20)
#define MOST_THREADS 64

/** Of each column: sums about the pivot, minimum and maximum. */
typedef struct {
  double *s, *q, *low, *high;
} Sums;

typedef void Block(const void *x, size_t columns, size_t first, size_t end, const double *pivot, Sums *into);

#define TYPE float
#define NAME block_float32
#include "peer_table.h"
#define TYPE double
#define NAME block_float64
#include "peer_table.h"
#define TYPE uint8_t
#define NAME block_uint8
#include "peer_table.h"

static const struct {
  const char *name;
  size_t bytes;
  Block *block;
} TYPES[] = {{"float32", 4, block_float32}, {"float64", 8, block_float64}, {"uint8", 1, block_uint8}};

static struct {
  int type;
  size_t n, c;     // as asked for
  size_t rows, columns; // as it is read: few columns several times side by side
  size_t rest;     // rows of the table itself that are left over
  size_t bytes;
  char *x;
} table;
static double *pivot;
static Sums sums[MOST_THREADS];
static size_t next_piece;
static float *y, *means, *scales; // of bn: [rows, columns], and [columns] each

static double value_at(size_t i) {
  return table.type == 0 ? ((float *)table.x)[i] : table.type == 1 ? ((double *)table.x)[i] : ((uint8_t *)table.x)[i];
}

static void *over_pieces(void *argument) {
  Sums *own = &sums[(size_t)argument];
  size_t row_bytes = table.columns * TYPES[table.type].bytes;
  size_t block = BLOCK_BYTES / row_bytes > 16 ? BLOCK_BYTES / row_bytes : 16;
  size_t piece = (PIECE_BYTES / row_bytes / block + 1) * block;
  for (;;) {
    size_t first = __atomic_fetch_add(&next_piece, 1, __ATOMIC_RELAXED) * piece;
    size_t end = first + piece < table.rows ? first + piece : table.rows;
    if (first >= table.rows) return 0;
    for (size_t r = first; r < end; r += block)
      TYPES[table.type].block(table.x, table.columns, r, r + block < end ? r + block : end, pivot, own);
  }
}

static void reset(Sums *each) {
  double **lists[] = {&each->s, &each->q, &each->low, &each->high};
  for (int k = 0; k < 4; k++) {
    *lists[k] = realloc(*lists[k], table.columns * sizeof(double));
    for (size_t c = 0; c < table.columns; c++) (*lists[k])[c] = k == 2 ? INFINITY : k == 3 ? -INFINITY : 0;
  }
}

static void in_threads(int threads, void *work(void *)) {
  pthread_t others[MOST_THREADS];
  next_piece = 0;
  for (int t = 1; t < threads; t++)
    if (pthread_create(&others[t], 0, work, (void *)(size_t)t)) fail("pthread_create");
  work(0);
  for (int t = 1; t < threads; t++) pthread_join(others[t], 0);
}

/** Of the table's columns, in the first sums. */
static Sums *statistics(int threads) {
  pivot = realloc(pivot, table.columns * sizeof(double));
  for (size_t c = 0; c < table.columns; c++) pivot[c] = value_at(c % table.c);
  for (int t = 0; t < threads; t++) reset(&sums[t]);
  in_threads(threads, over_pieces);
  Sums *all = &sums[0];
  for (int t = 0; t < threads; t++)
    for (size_t c = t == 0 ? table.c : 0; c < table.columns; c++) {
      size_t to = c % table.c;
      all->s[to] += sums[t].s[c], all->q[to] += sums[t].q[c];
      if (sums[t].low[c] < all->low[to]) all->low[to] = sums[t].low[c];
      if (sums[t].high[c] > all->high[to]) all->high[to] = sums[t].high[c];
    }
  for (size_t i = (table.n - table.rest) * table.c; i < table.n * table.c; i++) {
    size_t c = i % table.c;
    double v = value_at(i), d = v - pivot[c];
    all->s[c] += d, all->q[c] += d * d;
    if (v < all->low[c]) all->low[c] = v;
    if (v > all->high[c]) all->high[c] = v;
  }
  return all;
}

static double value_of(const Sums *all, int what, size_t c) {
  double mean = all->s[c] / table.n;
  return what == 0 ? pivot[c] + mean : what == 1 ? all->q[c] / table.n - mean * mean : what == 2 ? all->low[c] : all->high[c];
}

static void print_statistics(const Sums *all, double ms) {
  printf("{\"ms\":%.4f", ms);
  const char *names[] = {"mean", "variance", "min", "max"};
  for (int k = 0; k < 4; k++) {
    printf(",\"%s\":[", names[k]);
    for (size_t c = 0; c < table.c; c++) printf("%s%.17g", c ? "," : "", value_of(all, k, c));
    printf("]");
  }
  printf("}\n");
}

static void normalize_rows(const float *x, float *to, size_t rows) {
  for (size_t r = 0; r < rows; r++, x += table.columns, to += table.columns)
    for (size_t c = 0; c < table.columns; c++) to[c] = (x[c] - means[c]) * scales[c] + 0.3f;
}

static void *over_rows(void *unused) {
  size_t piece = PIECE_BYTES / (table.columns * sizeof(float)) + 1;
  for (;;) {
    size_t first = __atomic_fetch_add(&next_piece, 1, __ATOMIC_RELAXED) * piece;
    if (first >= table.rows) return unused;
    size_t end = first + piece < table.rows ? first + piece : table.rows;
    normalize_rows((float *)table.x + first * table.columns, y + first * table.columns, end - first);
  }
}

static void batch_norm(int threads) {
  if (!y) {
    y = new_memory(table.bytes);
    memset(y, 1, table.bytes);
  }
  double start = now_ms();
  Sums *all = statistics(threads);
  means = realloc(means, table.columns * sizeof(float)), scales = realloc(scales, table.columns * sizeof(float));
  for (size_t c = 0; c < table.columns; c++) {
    means[c] = value_of(all, 0, c % table.c);
    scales[c] = 1.1 / sqrt(value_of(all, 1, c % table.c) + 1e-5);
  }
  in_threads(threads, over_rows);
  size_t done = table.rows * table.columns, values = table.n * table.c;
  for (size_t i = done; i < values; i++) y[i] = (((float *)table.x)[i] - means[i - done]) * scales[i - done] + 0.3f;
  double ms = now_ms() - start;
  printf("{\"ms\":%.4f,\"sample\":[", ms);
  for (size_t k = 0; k < 64; k++) printf("%s%.9g", k ? "," : "", y[k * (values / 64) + k * 104729 % (values / 64)]);
  printf("]}\n");
}

static void put(size_t i, float v) {
  if (table.type == 0) ((float *)table.x)[i] = v;
  else if (table.type == 1) ((double *)table.x)[i] = v;
  else ((uint8_t *)table.x)[i] = level_of(v);
}

static void load(char **field) {
  table.n = atol(field[1]), table.c = atol(field[2]);
  for (table.type = 0; strcmp(TYPES[table.type].name, field[3]); table.type++)
    if (table.type == 2) errno = EINVAL, fail(field[3]);
  size_t values = table.n * table.c, beside = table.c >= 32 ? 1 : (32 + table.c - 1) / table.c;
  table.columns = table.c * beside, table.rows = table.n / beside, table.rest = table.n % beside;
  if (table.x) munmap(table.x, table.bytes);
  if (y) munmap(y, table.bytes), y = 0;
  table.bytes = values * TYPES[table.type].bytes;
  table.x = new_memory(table.bytes);
  read_values(field[5], atol(field[4]), values, put);
  printf("{\"ms\":0}\n");
}

static void answer(char **field) {
  if (!strcmp(field[0], "load")) load(field);
  else if (!strcmp(field[0], "stats")) {
    double start = now_ms();
    Sums *all = statistics(atoi(field[1]));
    print_statistics(all, now_ms() - start);
  } else if (!strcmp(field[0], "bn")) batch_norm(atoi(field[1]));
  else errno = EINVAL, fail(field[0]);
}

int main(void) { return answer_lines(answer); }
