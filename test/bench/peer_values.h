// What the C peers for tables and for images of other types share: time, memory, values of a file, and lines that ask.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static void fail(const char *what) {
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/** Memory in huge pages, where the system gives them. */
static void *new_memory(size_t bytes) {
  void *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

/** Hands `count` float32 of a file, from byte `offset` on, to `put`. */
static void read_values(const char *path, long offset, size_t count, void (*put)(size_t, float)) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, offset, SEEK_SET)) fail(path);
  for (size_t i = 0; i < count; i++) {
    float v;
    if (fread(&v, 4, 1, file) != 1) fail(path);
    put(i, v);
  }
  fclose(file);
}

/** A float32 as uint8: floor(40 v + 128), clamped. */
static unsigned char level_of(float v) {
  double level = floor(40 * (double)v + 128);
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** Answers each line on stdin: `answer` takes its fields. */
static int answer_lines(void (*answer)(char **field)) {
  char *line = 0;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    char *field[8] = {0}, *rest = line;
    line[strcspn(line, "\n")] = 0;
    for (int i = 0; i < 7 && rest; i++) field[i] = strsep(&rest, "\t");
    if (!strcmp(field[0], "version")) printf("{\"version\":\"%s\"}\n", __VERSION__);
    else answer(field);
    fflush(stdout);
  }
  return 0;
}
