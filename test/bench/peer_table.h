// Statistics of the columns of a table, for one type of value: include it with TYPE and NAME defined.

/** Of rows `first` to `end` and WIDTH columns from `at`: sums and sums of squares about a pivot, minima and maxima. */
#define TILE(WIDTH, TILE_NAME)                                                                                                 \
  static inline __attribute__((always_inline)) void TILE_NAME(const TYPE *x, size_t columns, size_t first, size_t end,        \
                                                              size_t at, const double *pivot, Sums *into) {                    \
    double p[WIDTH], s[WIDTH], q[WIDTH];                                                                                       \
    TYPE low[WIDTH], high[WIDTH];                                                                                              \
    for (int k = 0; k < WIDTH; k++) {                                                                                          \
      p[k] = pivot[at + k], s[k] = q[k] = 0;                                                                                   \
      low[k] = high[k] = x[first * columns + at + k];                                                                          \
    }                                                                                                                          \
    for (size_t r = first; r < end; r++) {                                                                                     \
      const TYPE *row = x + r * columns + at;                                                                                  \
      for (int k = 0; k < WIDTH; k++) {                                                                                        \
        TYPE v = row[k];                                                                                                       \
        double d = (double)v - p[k];                                                                                           \
        s[k] += d, q[k] += d * d;                                                                                              \
        low[k] = v < low[k] ? v : low[k], high[k] = v > high[k] ? v : high[k];                                                 \
      }                                                                                                                        \
    }                                                                                                                          \
    for (int k = 0; k < WIDTH; k++) {                                                                                          \
      into->s[at + k] += s[k], into->q[at + k] += q[k];                                                                        \
      if (low[k] < into->low[at + k]) into->low[at + k] = low[k];                                                              \
      if (high[k] > into->high[at + k]) into->high[at + k] = high[k];                                                          \
    }                                                                                                                          \
  }
#define GLUE(a, b) a##b
#define JOIN(a, b) GLUE(a, b)
TILE(32, JOIN(NAME, _32))
TILE(8, JOIN(NAME, _8))
TILE(1, JOIN(NAME, _1))

/** A block of rows, tile by tile: it stays in the cache while its tiles are taken. */
static void NAME(const void *values, size_t columns, size_t first, size_t end, const double *pivot, Sums *into) {
  const TYPE *x = values;
  size_t at = 0;
  for (; at + 32 <= columns; at += 32) JOIN(NAME, _32)(x, columns, first, end, at, pivot, into);
  for (; at + 8 <= columns; at += 8) JOIN(NAME, _8)(x, columns, first, end, at, pivot, into);
  for (; at < columns; at++) JOIN(NAME, _1)(x, columns, first, end, at, pivot, into);
}

#undef TILE
#undef JOIN
#undef GLUE
#undef TYPE
#undef NAME
