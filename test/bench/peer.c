// The C peer: what this machine can do for the same work. It reads one command a line from stdin, fields separated by tabs,
// and answers each with one line of JSON on stdout; times are taken inside, around the work alone.
//   memcpy BYTES THREADS                               copy from one buffer to another
//   pread OFFSET BYTES THREADS PATH                    read a file in blocks of about 1 MiB, and do nothing with it
//   evict PATH                                         drop a file from the page cache; says which part of it is still there
//   stats OFFSET N C S THREADS MINMAX PATH             statistics of a file of [N, C, S] float32, kept for `normalize`
//   normalize OFFSET N C S THREADS INPUT OUTPUT        input → existing output, by the statistics kept
//   forward OFFSET N C S THREADS MINMAX INPUT OUTPUT   both
//   load N C S SHIFT OFFSET PATH                       fill the tensor x in memory, and add SHIFT
//   mem_stats THREADS MINMAX                           batch statistics of x
//   mem_bn THREADS MINMAX STREAM                       batch norm of x into y; STREAM 1 = stores that pass by the cache
//   mem_in THREADS MINMAX STREAM                       instance norm of x into y
//   bn | in THREADS MINMAX STREAM                      the same, as the forward pass of a layer
//   bn_backward | in_backward THREADS MINMAX STREAM    its backward pass: dx into y; statistics are taken before, and not timed
// Sums are taken in float64 about a pivot, per plane, and merged per channel. Weight 1.1 and bias 0.3 in memory, none for files.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#define BLOCK_BYTES (1 << 20)
#define GROUP_BYTES (96 << 10)
#define MOST_THREADS 64
#define EPS 1e-5

typedef struct {
  double n, mean, m2;
  float min, max;
} Row;

static const Row EMPTY = {0, 0, 0, INFINITY, -INFINITY};

static void fail(const char *what) {
  fprintf(stderr, "peer.c: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static void *new_memory(size_t bytes) {
  void *p = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) fail("mmap");
  madvise(p, bytes, MADV_HUGEPAGE);
  memset(p, 1, bytes);
  return p;
}

// ---- kernels ------------------------------------------------------------------------------------------------------------

// Vectors of doubles, as many as come of half a vector of floats: 8 with AVX-512, 4 with AVX2, else left to the compiler.
#if defined(__AVX512F__)
#define VECTOR "AVX-512"
typedef __m512d vd;
typedef __m512 vf;
#define VD 8
#define VF 16
#define vd_set _mm512_set1_pd
#define vd_widen(p) _mm512_cvtps_pd(_mm256_loadu_ps(p))
#define vd_sub _mm512_sub_pd
#define vd_add _mm512_add_pd
#define vd_fma _mm512_fmadd_pd
#define vf_set _mm512_set1_ps
#define vf_load _mm512_loadu_ps
#define vf_store _mm512_storeu_ps
#define vf_stream _mm512_stream_ps
#define vf_sub _mm512_sub_ps
#define vf_fma _mm512_fmadd_ps
#define vf_min _mm512_min_ps
#define vf_max _mm512_max_ps
#elif defined(__AVX2__) && defined(__FMA__)
#define VECTOR "AVX2"
typedef __m256d vd;
typedef __m256 vf;
#define VD 4
#define VF 8
#define vd_set _mm256_set1_pd
#define vd_widen(p) _mm256_cvtps_pd(_mm_loadu_ps(p))
#define vd_sub _mm256_sub_pd
#define vd_add _mm256_add_pd
#define vd_fma _mm256_fmadd_pd
#define vf_set _mm256_set1_ps
#define vf_load _mm256_loadu_ps
#define vf_store _mm256_storeu_ps
#define vf_stream _mm256_stream_ps
#define vf_sub _mm256_sub_ps
#define vf_fma _mm256_fmadd_ps
#define vf_min _mm256_min_ps
#define vf_max _mm256_max_ps
#else
#define VECTOR "plain C"
#define PLAIN 1
#endif

/** Adds one plane's values to nothing: its own row. */
static inline __attribute__((always_inline)) Row row_of(const float *x, size_t n, double pivot, int minmax) {
  double s = 0, q = 0;
  float lo = INFINITY, hi = -INFINITY;
  size_t i = 0;
#ifndef PLAIN
  if (n >= 4 * VD) {
    vd ss[4], qq[4], p = vd_set(pivot);
    vf l[2] = {vf_set(INFINITY), vf_set(INFINITY)}, h[2] = {vf_set(-INFINITY), vf_set(-INFINITY)};
    for (int k = 0; k < 4; k++) ss[k] = qq[k] = vd_set(0);
    for (; i + 4 * VD <= n; i += 4 * VD) {
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) {
        vd d = vd_sub(vd_widen(x + i + k * VD), p);
        ss[k] = vd_add(ss[k], d);
        qq[k] = vd_fma(d, d, qq[k]);
      }
      if (minmax) {
#pragma GCC unroll 2
        for (int k = 0; k < 2; k++) {
          vf v = vf_load(x + i + k * VF);
          l[k] = vf_min(l[k], v);
          h[k] = vf_max(h[k], v);
        }
      }
    }
    double lane[VD];
    float flane[VF];
    for (int k = 0; k < 4; k++) {
      memcpy(lane, &ss[k], sizeof lane);
      for (int j = 0; j < VD; j++) s += lane[j];
      memcpy(lane, &qq[k], sizeof lane);
      for (int j = 0; j < VD; j++) q += lane[j];
    }
    for (int k = 0; k < 2 && minmax; k++) {
      memcpy(flane, &l[k], sizeof flane);
      for (int j = 0; j < VF; j++) lo = flane[j] < lo ? flane[j] : lo;
      memcpy(flane, &h[k], sizeof flane);
      for (int j = 0; j < VF; j++) hi = flane[j] > hi ? flane[j] : hi;
    }
  }
#else
  double ss[8] = {0}, qq[8] = {0};
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; k++) {
      double d = x[i + k] - pivot;
      ss[k] += d;
      qq[k] += d * d;
      if (minmax) {
        lo = x[i + k] < lo ? x[i + k] : lo;
        hi = x[i + k] > hi ? x[i + k] : hi;
      }
    }
  for (int k = 0; k < 8; k++) s += ss[k], q += qq[k];
#endif
  for (; i < n; i++) {
    double d = x[i] - pivot;
    s += d;
    q += d * d;
    if (minmax) {
      lo = x[i] < lo ? x[i] : lo;
      hi = x[i] > hi ? x[i] : hi;
    }
  }
  double m2 = q - s * (s / n);
  return (Row){n, pivot + s / n, m2 > 0 ? m2 : 0, lo, hi};
}

static Row plane_row(const float *x, size_t n, double pivot, int minmax) {
  return minmax ? row_of(x, n, pivot, 1) : row_of(x, n, pivot, 0);
}

static void merge(Row *a, Row b) {
  if (a->n == 0) {
    *a = b;
    return;
  }
  double n = a->n + b.n, delta = b.mean - a->mean;
  a->mean += delta * (b.n / n);
  a->m2 += b.m2 + delta * delta * (a->n * b.n / n);
  a->n = n;
  a->min = b.min < a->min ? b.min : a->min;
  a->max = b.max > a->max ? b.max : a->max;
}

/** y = (x − mean) · scale + shift; y may be x. */
static void normalize_run(const float *x, float *y, size_t n, float mean, float scale, float shift, int stream) {
  size_t i = 0;
#ifndef PLAIN
  vf m = vf_set(mean), s = vf_set(scale), h = vf_set(shift);
  if (stream && ((size_t)y & (sizeof(vf) - 1)) == 0) {
    for (; i + VF <= n; i += VF) vf_stream(y + i, vf_fma(vf_sub(vf_load(x + i), m), s, h));
    _mm_sfence();
  }
  for (; i + VF <= n; i += VF) vf_store(y + i, vf_fma(vf_sub(vf_load(x + i), m), s, h));
#endif
  (void)stream;
  for (; i < n; i++) y[i] = (x[i] - mean) * scale + shift;
}

/** Σ dy and Σ dy · (x − mean) of one plane. */
static void gradient_sums(const float *x, const float *dy, size_t n, double mean, double *sum, double *product) {
  double s = 0, q = 0;
  size_t i = 0;
#ifndef PLAIN
  vd ss[4], qq[4], m = vd_set(mean);
  for (int k = 0; k < 4; k++) ss[k] = qq[k] = vd_set(0);
  for (; i + 4 * VD <= n; i += 4 * VD) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
      vd g = vd_widen(dy + i + k * VD);
      ss[k] = vd_add(ss[k], g);
      qq[k] = vd_fma(g, vd_sub(vd_widen(x + i + k * VD), m), qq[k]);
    }
  }
  double lane[VD];
  for (int k = 0; k < 4; k++) {
    memcpy(lane, &ss[k], sizeof lane);
    for (int j = 0; j < VD; j++) s += lane[j];
    memcpy(lane, &qq[k], sizeof lane);
    for (int j = 0; j < VD; j++) q += lane[j];
  }
#endif
  for (; i < n; i++) s += dy[i], q += dy[i] * (x[i] - mean);
  *sum += s, *product += q;
}

/** dx = a · dy + b · (x − mean) + c; dx may be x or dy. */
static void gradient_run(const float *x, const float *dy, float *dx, size_t n, float mean, float a, float b, float c,
                         int stream) {
  size_t i = 0;
#ifndef PLAIN
  vf m = vf_set(mean), va = vf_set(a), vb = vf_set(b), vc = vf_set(c);
#define GRADIENT_AT(i) vf_fma(va, vf_load(dy + (i)), vf_fma(vb, vf_sub(vf_load(x + (i)), m), vc))
  if (stream && ((size_t)dx & (sizeof(vf) - 1)) == 0) {
    for (; i + VF <= n; i += VF) vf_stream(dx + i, GRADIENT_AT(i));
    _mm_sfence();
  }
  for (; i + VF <= n; i += VF) vf_store(dx + i, GRADIENT_AT(i));
#endif
  (void)stream;
  for (; i < n; i++) dx[i] = a * dy[i] + b * (x[i] - mean) + c;
}

// ---- passes: each thread takes the next piece until none is left ----------------------------------------------------------

typedef enum { MEMCPY, PREAD, FILE_STATS, FILE_NORMALIZE, MEM_STATS, MEM_BN, MEM_IN, BN_BACKWARD, IN_BACKWARD } Op;

static struct {
  Op op;
  size_t n, c, s, bytes;
  long offset;
  int threads, minmax, stream, in, out;
  double weight, bias;
} job;

static size_t next_piece;
static Row *rows;                  // [threads + 1, C]: each thread's own, and the merged ones last
static int rows_channels;
static float *x, *y, *dy;          // the tensors in memory
static Row *plane_rows;            // [N, C]: what the backward pass of instance norm takes from its forward pass
static size_t x_n, x_c, x_s, x_bytes;
static char *from, *to;            // memcpy's
static size_t copy_bytes;
static char *blocks[MOST_THREADS];
static size_t block_capacity;

static size_t take(void) { return __atomic_fetch_add(&next_piece, 1, __ATOMIC_RELAXED); }

static void read_fully(int fd, char *p, size_t bytes, long at) {
  while (bytes > 0) {
    ssize_t got = pread(fd, p, bytes, at);
    if (got <= 0) fail("pread");
    p += got, at += got, bytes -= got;
  }
}

static void write_fully(int fd, const char *p, size_t bytes, long at) {
  while (bytes > 0) {
    ssize_t put = pwrite(fd, p, bytes, at);
    if (put <= 0) fail("pwrite");
    p += put, at += put, bytes -= put;
  }
}

static void scale_and_shift(Row r, double *scale, double *shift) {
  *scale = job.weight / sqrt(r.m2 / r.n + EPS);
  *shift = job.bias - (r.mean - (float)r.mean) * *scale;
}

static void over_file(int thread) {
  float *block = (float *)blocks[thread];
  Row *own = rows + (size_t)thread * job.c, *all = rows + (size_t)job.threads * job.c;
  size_t planes = job.n * job.c, plane_bytes = job.s * 4, per = BLOCK_BYTES / plane_bytes > 0 ? BLOCK_BYTES / plane_bytes : 1;
  for (;;) {
    size_t first = take() * per, end = first + per < planes ? first + per : planes;
    if (first >= planes) return;
    read_fully(job.in, (char *)block, (end - first) * plane_bytes, job.offset + first * plane_bytes);
    for (size_t p = first; p < end; p++) {
      float *a = block + (p - first) * job.s;
      size_t c = p % job.c;
      if (job.op == FILE_STATS) merge(&own[c], plane_row(a, job.s, own[c].n > 0 ? own[c].mean : a[0], job.minmax));
      else {
        double scale, shift;
        scale_and_shift(all[c], &scale, &shift);
        normalize_run(a, a, job.s, all[c].mean, scale, shift, 0);
      }
    }
    if (job.op == FILE_NORMALIZE)
      write_fully(job.out, (char *)block, (end - first) * plane_bytes, job.offset + first * plane_bytes);
  }
}

static void over_memory_statistics(int thread) {
  Row *own = rows + (size_t)thread * job.c;
  size_t planes = job.n * job.c, per = BLOCK_BYTES / (job.s * 4) + 1;
  for (;;) {
    size_t first = take() * per, end = first + per < planes ? first + per : planes;
    if (first >= planes) return;
    for (size_t p = first; p < end; p++) {
      const float *a = x + p * job.s;
      Row *r = &own[p % job.c];
      merge(r, plane_row(a, job.s, r->n > 0 ? r->mean : a[0], job.minmax));
    }
  }
}

/** Channel by channel (narrow ones in groups): statistics, then normalize while what was read last is still in the cache. */
static void over_channels(void) {
  size_t group = GROUP_BYTES / (job.s * 4) > 0 ? GROUP_BYTES / (job.s * 4) : 1;
  for (;;) {
    size_t c0 = take() * group, c1 = c0 + group < job.c ? c0 + group : job.c;
    if (c0 >= job.c) return;
    Row *all = rows + (size_t)job.threads * job.c;
    for (size_t n = 0; n < job.n; n++)
      for (size_t c = c0; c < c1; c++) {
        const float *a = x + (n * job.c + c) * job.s;
        merge(&all[c], plane_row(a, job.s, all[c].n > 0 ? all[c].mean : a[0], job.minmax));
      }
    for (size_t n = job.n; n-- > 0;)
      for (size_t c = c1; c-- > c0;) {
        double scale, shift;
        scale_and_shift(all[c], &scale, &shift);
        size_t at = (n * job.c + c) * job.s;
        normalize_run(x + at, y + at, job.s, all[c].mean, scale, shift, job.stream);
      }
  }
}

static void over_instances(void) {
  for (;;) {
    size_t p = take();
    if (p >= job.n * job.c) return;
    const float *a = x + p * job.s;
    double scale, shift;
    Row r = plane_row(a, job.s, a[0], job.minmax);
    scale_and_shift(r, &scale, &shift);
    normalize_run(a, y + p * job.s, job.s, r.mean, scale, shift, job.stream);
  }
}

/** What dx is made of, of a channel's or a plane's sums over so many values. */
typedef struct {
  double a, b, c;
} Gradient;

static Gradient gradient_of(Row r, double sum, double product) {
  double rstd = 1 / sqrt(r.m2 / r.n + EPS), a = job.weight * rstd;
  return (Gradient){a, -a * rstd * rstd * product / r.n, -a * sum / r.n};
}

/** Channel by channel: sums, then dx while x and dy are still in the cache. */
static void over_channel_gradients(void) {
  for (;;) {
    size_t c = take();
    if (c >= job.c) return;
    Row r = rows[(size_t)job.threads * job.c + c];
    double sum = 0, product = 0;
    for (size_t n = 0; n < job.n; n++) {
      size_t at = (n * job.c + c) * job.s;
      gradient_sums(x + at, dy + at, job.s, r.mean, &sum, &product);
    }
    Gradient g = gradient_of(r, sum, product);
    for (size_t n = job.n; n-- > 0;) {
      size_t at = (n * job.c + c) * job.s;
      gradient_run(x + at, dy + at, y + at, job.s, r.mean, g.a, g.b, g.c, job.stream);
    }
  }
}

static void over_plane_gradients(void) {
  for (;;) {
    size_t p = take(), at = p * job.s;
    if (p >= job.n * job.c) return;
    Row r = plane_rows[p];
    double sum = 0, product = 0;
    gradient_sums(x + at, dy + at, job.s, r.mean, &sum, &product);
    Gradient g = gradient_of(r, sum, product);
    gradient_run(x + at, dy + at, y + at, job.s, r.mean, g.a, g.b, g.c, job.stream);
  }
}

static void *work(void *argument) {
  int thread = (int)(size_t)argument;
  size_t piece = 4 << 20, i;
  switch (job.op) {
  case MEMCPY:
    while ((i = take() * piece) < job.bytes) memcpy(to + i, from + i, i + piece < job.bytes ? piece : job.bytes - i);
    break;
  case PREAD:
    while ((i = take() * BLOCK_BYTES) < job.bytes)
      read_fully(job.in, blocks[thread], i + BLOCK_BYTES < job.bytes ? BLOCK_BYTES : job.bytes - i, job.offset + i);
    break;
  case FILE_STATS:
  case FILE_NORMALIZE: over_file(thread); break;
  case MEM_STATS: over_memory_statistics(thread); break;
  case MEM_BN: over_channels(); break;
  case MEM_IN: over_instances(); break;
  case BN_BACKWARD: over_channel_gradients(); break;
  case IN_BACKWARD: over_plane_gradients(); break;
  }
  return 0;
}

static void run_threads(void) {
  pthread_t others[MOST_THREADS];
  next_piece = 0;
  for (int t = 1; t < job.threads; t++)
    if (pthread_create(&others[t], 0, work, (void *)(size_t)t)) fail("pthread_create");
  work(0);
  for (int t = 1; t < job.threads; t++) pthread_join(others[t], 0);
}

static void reset_rows(void) {
  size_t all = (size_t)(job.threads + 1) * job.c;
  rows = realloc(rows, all * sizeof(Row));
  for (size_t i = 0; i < all; i++) rows[i] = EMPTY;
  rows_channels = job.c;
}

static void merge_rows(void) {
  for (int t = 0; t < job.threads; t++)
    for (size_t c = 0; c < job.c; c++)
      if (rows[(size_t)t * job.c + c].n > 0) merge(&rows[(size_t)job.threads * job.c + c], rows[(size_t)t * job.c + c]);
}

static void statistics_pass(Op op) {
  job.op = op;
  reset_rows();
  run_threads();
  merge_rows();
}

// ---- commands -------------------------------------------------------------------------------------------------------------

static void need_blocks(void) {
  size_t bytes = job.s * 4 > BLOCK_BYTES ? job.s * 4 : BLOCK_BYTES;
  if (bytes <= block_capacity) return;
  for (int t = 0; t < MOST_THREADS; t++) {
    free(blocks[t]);
    if (posix_memalign((void **)&blocks[t], 64, bytes)) fail("posix_memalign");
  }
  block_capacity = bytes;
}

static void print_statistics(double ms) {
  Row *all = rows + (size_t)job.threads * job.c;
  printf("{\"ms\":%.4f", ms);
  const char *names[] = {"mean", "variance", "min", "max"};
  for (int k = 0; k < (job.minmax ? 4 : 2); k++) {
    printf(",\"%s\":[", names[k]);
    for (size_t c = 0; c < job.c; c++) {
      double v = k == 0 ? all[c].mean : k == 1 ? all[c].m2 / all[c].n : k == 2 ? all[c].min : all[c].max;
      printf("%s%.17g", c ? "," : "", v);
    }
    printf("]");
  }
  printf("}\n");
}

/** 64 values of y, spread over it. */
static void print_sample(double ms) {
  size_t values = job.n * job.c * job.s;
  printf("{\"ms\":%.4f,\"sample\":[", ms);
  for (size_t k = 0; k < 64; k++) printf("%s%.9g", k ? "," : "", y[k * (values / 64) + k * 104729 % (values / 64)]);
  printf("]}\n");
}

static int opened(const char *path, int flags) {
  int fd = open(path, flags);
  if (fd < 0) fail(path);
  return fd;
}

static void take_shape(char **field) {
  job.offset = atol(field[1]);
  job.n = atol(field[2]), job.c = atol(field[3]), job.s = atol(field[4]);
  job.threads = atoi(field[5]);
  job.weight = 1, job.bias = 0;
  need_blocks();
}

static void in_memory(char **field) {
  job.n = x_n, job.c = x_c, job.s = x_s;
  job.threads = atoi(field[1]), job.minmax = atoi(field[2]);
  job.weight = 1.1, job.bias = 0.3;
}

static void load(char **field) {
  size_t n = atol(field[1]), c = atol(field[2]), s = atol(field[3]), bytes = n * c * s * 4;
  if (bytes > x_bytes) {
    if (x) munmap(x, x_bytes), munmap(y, x_bytes);
    if (dy) munmap(dy, x_bytes), dy = 0;
    x = new_memory(bytes), y = new_memory(bytes), x_bytes = bytes;
  }
  x_n = n, x_c = c, x_s = s;
  int fd = opened(field[6], O_RDONLY);
  read_fully(fd, (char *)x, bytes, atol(field[5]));
  close(fd);
  float shift = atof(field[4]);
  for (size_t i = 0; i < n * c * s && shift != 0; i++) x[i] += shift;
  printf("{\"ms\":0}\n");
}

/** Drops a file from the page cache. @returns the part of its pages that are still in memory */
static double evict(const char *path) {
  int fd = opened(path, O_RDONLY);
  off_t bytes = lseek(fd, 0, SEEK_END);
  if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)) fail(path);
  void *view = mmap(0, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (view == MAP_FAILED) fail("mmap");
  size_t pages = (bytes + 4095) / 4096, resident = 0;
  unsigned char *states = malloc(pages);
  if (mincore(view, bytes, states)) fail("mincore");
  for (size_t i = 0; i < pages; i++) resident += states[i] & 1;
  free(states), munmap(view, bytes), close(fd);
  return (double)resident / pages;
}

/** The gradient of the other peers: ramps that differ from plane to plane. */
static void prepare_backward(Op op) {
  size_t values = job.n * job.c * job.s;
  if (!dy) {
    dy = new_memory(x_bytes);
    for (size_t i = 0; i < x_bytes / 4; i++) dy[i] = (float)(i % 1009) / 512 - 1;
  }
  if (op == BN_BACKWARD) {
    statistics_pass(MEM_STATS);
    return;
  }
  plane_rows = realloc(plane_rows, job.n * job.c * sizeof(Row));
  for (size_t at = 0; at < values; at += job.s) plane_rows[at / job.s] = plane_row(x + at, job.s, x[at], 0);
}

static void command(char **field) {
  const char *op = field[0];
  double start;
  if (!strcmp(op, "version")) printf("{\"version\":\"%s, %s\"}\n", __VERSION__, VECTOR);
  else if (!strcmp(op, "memcpy")) {
    job.op = MEMCPY, job.bytes = atol(field[1]), job.threads = atoi(field[2]);
    if (copy_bytes < job.bytes) from = new_memory(job.bytes), to = new_memory(job.bytes), copy_bytes = job.bytes;
    start = now_ms();
    run_threads();
    printf("{\"ms\":%.4f}\n", now_ms() - start);
  } else if (!strcmp(op, "pread")) {
    job.op = PREAD, job.offset = atol(field[1]), job.bytes = atol(field[2]), job.threads = atoi(field[3]), job.s = 0;
    need_blocks();
    job.in = opened(field[4], O_RDONLY);
    start = now_ms();
    run_threads();
    printf("{\"ms\":%.4f}\n", now_ms() - start);
    close(job.in);
  } else if (!strcmp(op, "evict")) {
    printf("{\"ms\":0,\"resident\":%g}\n", evict(field[1]));
  } else if (!strcmp(op, "stats")) {
    take_shape(field);
    job.minmax = atoi(field[6]);
    start = now_ms();
    job.in = opened(field[7], O_RDONLY);
    statistics_pass(FILE_STATS);
    close(job.in);
    print_statistics(now_ms() - start);
  } else if (!strcmp(op, "normalize") || !strcmp(op, "forward")) {
    int both = op[0] == 'f';
    take_shape(field);
    if (!both && (rows == 0 || rows_channels != (int)job.c)) errno = EINVAL, fail("normalize needs the statistics first");
    start = now_ms();
    job.minmax = both ? atoi(field[6]) : 0;
    job.in = opened(field[both ? 7 : 6], O_RDONLY);
    job.out = opened(field[both ? 8 : 7], O_WRONLY);
    if (both) statistics_pass(FILE_STATS);
    job.op = FILE_NORMALIZE;
    run_threads();
    close(job.in), close(job.out);
    printf("{\"ms\":%.4f}\n", now_ms() - start);
  } else if (!strcmp(op, "load")) load(field);
  else if (!strcmp(op, "mem_stats")) {
    in_memory(field);
    start = now_ms();
    statistics_pass(MEM_STATS);
    print_statistics(now_ms() - start);
  } else if (!strcmp(op, "mem_bn") || !strcmp(op, "mem_in") || !strcmp(op, "bn") || !strcmp(op, "in")) {
    in_memory(field);
    job.stream = atoi(field[3]);
    start = now_ms();
    reset_rows();
    job.op = strchr(op, 'b') ? MEM_BN : MEM_IN;
    run_threads();
    print_sample(now_ms() - start);
  } else if (!strcmp(op, "bn_backward") || !strcmp(op, "in_backward")) {
    Op backward = op[0] == 'b' ? BN_BACKWARD : IN_BACKWARD;
    in_memory(field);
    job.stream = atoi(field[3]);
    prepare_backward(backward);
    start = now_ms();
    job.op = backward;
    run_threads();
    print_sample(now_ms() - start);
  } else errno = EINVAL, fail(op);
}

int main(void) {
  char *line = 0;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    char *field[12] = {0}, *rest = line;
    line[strcspn(line, "\n")] = 0;
    for (int i = 0; i < 11 && rest; i++) field[i] = strsep(&rest, "\t");
    command(field);
    fflush(stdout);
  }
  return 0;
}
