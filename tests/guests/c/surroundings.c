// Arguments, environment, standard input, clocks, random numbers and the exit status.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static int by_text(const void* a, const void* b) {
  return strcmp(*(const char* const*)a, *(const char* const*)b);
}

static double now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time)) return -1;
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void clocks(void) {
  double start = now(CLOCK_MONOTONIC), wall = now(CLOCK_REALTIME);
  struct timespec pause = {0, 30000000};
  nanosleep(&pause, NULL);
  double slept = now(CLOCK_MONOTONIC) - start;
  printf("slept long enough %d, not too long %d\n", slept >= 0.030, slept < 5);
  printf("wall clock moved %d, is plausible %d\n", now(CLOCK_REALTIME) > wall,
         wall > 1.6e9 && wall < 5e9);
  struct timespec resolution;
  printf("resolution %d\n", clock_getres(CLOCK_MONOTONIC, &resolution) == 0 &&
                                (resolution.tv_nsec > 0 || resolution.tv_sec > 0));
  double last = now(CLOCK_MONOTONIC);
  int backwards = 0;
  for (int i = 0; i < 10000; i++) {
    double next = now(CLOCK_MONOTONIC);
    backwards += next < last;
    last = next;
  }
  printf("went backwards %d times\n", backwards);
}

static void randomness(void) {
  unsigned char bytes[256], seen[256] = {0};
  int distinct = 0;
  if (getentropy(bytes, sizeof bytes)) printf("getentropy failed\n");
  for (int i = 0; i < 256; i++) {
    distinct += !seen[bytes[i]];
    seen[bytes[i]] = 1;
  }
  printf("random bytes vary %d\n", distinct > 100);
}

int main(int argc, char** argv) {
  printf("%d arguments\n", argc - 1);
  for (int i = 1; i < argc; i++) printf("[%s]\n", argv[i]);
  int count = 0;
  while (environ && environ[count]) count++;
  if (count) qsort(environ, (size_t)count, sizeof *environ, by_text);
  for (int i = 0; i < count; i++) {
    if (strncmp(environ[i], "GUEST_", 6) == 0) printf("%s\n", environ[i]);
  }
  printf("PATH is %s\n", getenv("GUEST_NOT_SET") ? "set" : "not set");
  long lines = 0, words = 0, bytes = 0;
  int in_word = 0;
  for (int c; (c = getchar()) != EOF; bytes++) {
    lines += c == '\n';
    int space = c == ' ' || c == '\n' || c == '\t';
    words += !space && !in_word;
    in_word = !space;
  }
  printf("input: %ld lines, %ld words, %ld bytes\n", lines, words, bytes);
  clocks();
  randomness();
  fprintf(stderr, "going to exit\n");
  fflush(stdout);
  exit(argc > 1 ? atoi(argv[1]) : 0);
}
