// Everyday string work: building lines, splitting them at separators, searching, comparing,
// changing case, joining again. Byte loops and small C library calls.
#include <ctype.h>

#include "bench.h"

static const char* const kWords[] = {"stack",  "memory", "table", "global",  "import", "export",
                                     "module", "type",   "start", "element", "data",   "custom"};
enum { kWordCount = sizeof kWords / sizeof kWords[0], kLine = 4096 };

static size_t build(char* line, uint64_t* seed) {
  size_t length = 0;
  while (length < kLine - 16) {
    const char* word = kWords[bench_random(seed) % kWordCount];
    size_t size = strlen(word);
    memcpy(line + length, word, size);
    length += size;
    line[length++] = bench_random(seed) % 5 == 0 ? '\n' : ' ';
  }
  line[length] = 0;
  return length;
}

static unsigned count_occurrences(const char* text, const char* needle) {
  unsigned count = 0;
  size_t length = strlen(needle);
  for (const char* at = text; (at = strchr(at, needle[0])) != NULL; at++) {
    if (strncmp(at, needle, length) == 0) count++;
  }
  return count;
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 20);
  static char line[kLine], copy[kLine], joined[kLine + 1024];
  uint64_t seed = 11, hash = 0;
  unsigned found = 0, longest = 0;
  for (long round = 0; round < rounds; round++) {
    size_t length = build(line, &seed);
    memcpy(copy, line, length + 1);
    for (size_t i = 0; i < length; i++) copy[i] = (char)toupper((unsigned char)copy[i]);
    for (int i = 0; i < kWordCount; i++) found += count_occurrences(line, kWords[i]);
    found += strstr(copy, "STACK MEMORY TABLE") != NULL;
    size_t out = 0;
    char* rest = copy;
    for (char* token; (token = strtok_r(rest, " \n", &rest)) != NULL;) {
      size_t size = strlen(token);
      if (size > longest) longest = (unsigned)size;
      if (strcmp(token, "CUSTOM") == 0) continue;
      for (size_t i = 0; i < size; i++) joined[out + i] = token[size - 1 - i];
      out += size;
      joined[out++] = ',';
    }
    hash = hash * 31 + bench_hash(joined, out);
  }
  printf("%u found, longest %u, %016llx\n", found, longest, (unsigned long long)hash);
  return 0;
}
