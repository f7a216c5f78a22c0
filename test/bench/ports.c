// What a core can do of the instructions that the statistics kernel is made of, in 128 bits as WebAssembly has them and in 512 bits where
// the machine has those:  gcc -O2 -march=native test/bench/ports.c -o /tmp/ports && /tmp/ports
// Nanoseconds for each instruction, eight independent ones in turn, best of 9 rounds. Four float32 take two conversions, four additions
// and two multiplications in float64, and four comparisons of integers: docs/limits.md says what comes of it.
#include <immintrin.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 9
#define TURNS 4000000L

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static float source[64];

#define EIGHT(X) X("%0") X("%1") X("%2") X("%3") X("%4") X("%5") X("%6") X("%7")
#define OUTPUTS(v) "+x"(v[0]), "+x"(v[1]), "+x"(v[2]), "+x"(v[3]), "+x"(v[4]), "+x"(v[5]), "+x"(v[6]), "+x"(v[7])
#define MEASURE(name, vector, instruction)                                                          \
  do {                                                                                              \
    vector v[8] = {0}, w = {0};                                                                     \
    double best = 1e18;                                                                             \
    for (int round = 0; round < ROUNDS; round++) {                                                  \
      double start = now_ns();                                                                      \
      for (long i = 0; i < TURNS; i++) __asm__ volatile(EIGHT(instruction) : OUTPUTS(v) : "x"(w), "m"(source)); \
      double each = (now_ns() - start) / TURNS / 8;                                                 \
      if (each < best) best = each;                                                                 \
    }                                                                                               \
    printf("%-28s %.3f ns\n", name, best);                                                          \
  } while (0)

#define ADD(r) "vaddpd %8," r "," r "\n"
#define MULTIPLY(r) "vmulpd %8,%8," r "\n"
#define CONVERT(r) "vcvtps2pd %9," r "\n"
#define COMPARE(r) "vpminud %8," r "," r "\n"

int main(void) {
  double best = 1e18;
  for (int round = 0; round < ROUNDS; round++) {
    long x = 0;
    double start = now_ns();
    for (long i = 0; i < TURNS; i++) __asm__ volatile("add $1,%0\nadd $1,%0\nadd $1,%0\nadd $1,%0" : "+r"(x));
    double each = (now_ns() - start) / TURNS / 4;
    if (each < best) best = each;
  }
  printf("%-28s %.3f ns: %.2f GHz\n", "a cycle", best, 1 / best);
  MEASURE("add, 128 bits", __m128d, ADD);
  MEASURE("multiply, 128 bits", __m128d, MULTIPLY);
  MEASURE("convert 2 float32, 128 bits", __m128d, CONVERT);
  MEASURE("least of 4, 128 bits", __m128i, COMPARE);
#ifdef __AVX512F__
  MEASURE("add, 512 bits", __m512d, ADD);
  MEASURE("convert 8 float32, 512 bits", __m512d, CONVERT);
#elif defined(__AVX2__)
  MEASURE("add, 256 bits", __m256d, ADD);
  MEASURE("convert 4 float32, 256 bits", __m256d, CONVERT);
#endif
  return 0;
}
