// Directories: nesting, listing many entries in pieces, rewinding, removal, and what must fail.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"

static int by_name(const void* a, const void* b) {
  return strcmp(*(const char* const*)a, *(const char* const*)b);
}

static char* names[2000];

static int list(const char* path) {
  DIR* dir = opendir(path);
  if (!dir) {
    printf("%s: %s\n", path, outcome(-1));
    return 0;
  }
  int count = 0;
  for (struct dirent* entry; (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
      names[count++] = strdup(entry->d_name);
    }
  }
  rewinddir(dir);
  int again = 0;
  for (struct dirent* entry; (entry = readdir(dir));) {
    again += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
  }
  closedir(dir);
  qsort(names, (size_t)count, sizeof *names, by_name);
  printf("%s: %d entries, %d after a rewind\n", path, count, again);
  return count;
}

static void walk(const char* path, int depth) {
  DIR* dir = opendir(path);
  int folders = 0, files = 0;
  for (struct dirent* entry; (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    char inner[256];
    snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    struct stat status;
    stat(inner, &status);
    printf("%*s%s type agrees %d\n", depth * 2, "", entry->d_name,
           (entry->d_type == DT_DIR) == !!S_ISDIR(status.st_mode));
    if (S_ISDIR(status.st_mode)) {
      folders++;
      walk(inner, depth + 1);
    } else {
      files++;
    }
  }
  closedir(dir);
  printf("%*s%d folders, %d files\n", depth * 2, "", folders, files);
}

int main(void) {
  printf("mkdir: %s\n", outcome(mkdir("many", 0755)));
  printf("again: %s\n", outcome(mkdir("many", 0755)));
  printf("in a missing one: %s\n", outcome(mkdir("no/deeper", 0755)));
  for (int i = 0; i < 1000; i++) {
    char name[64];
    snprintf(name, sizeof name, "many/a file with a longish name %04d", i * 7 % 1000);
    FILE* file = fopen(name, "w");
    fprintf(file, "%d", i);
    fclose(file);
  }
  int count = list("many");
  printf("first \"%s\", last \"%s\"\n", names[0], names[count - 1]);
  printf("remove a full one: %s\n", outcome(rmdir("many")));
  for (int i = 0; i < count; i++) {
    char name[128];
    snprintf(name, sizeof name, "many/%s", names[i]);
    if (unlink(name)) printf("unlink %s: %s\n", name, outcome(-1));
  }
  printf("unlink a folder fails: %d\n", unlink("many") != 0);
  printf("remove: %s\n", outcome(rmdir("many")));
  list("many");

  char path[256] = "deep";
  for (int i = 0; i < 12; i++) {
    mkdir(path, 0755);
    strcat(path, "/x");
  }
  FILE* file = fopen("deep/x/x/file", "w");
  fclose(file);
  walk("deep/x/x/x", 0);
  struct stat status;
  printf("dot dot inside: %s\n", outcome(stat("deep/x/../x/x/file", &status)));
  printf("rename a folder: %s\n", outcome(rename("deep/x/x", "moved")));
  printf("moved file: %s\n", outcome(stat("moved/file", &status)));
  printf("rmdir a file: %s\n", outcome(rmdir("moved/file")));
  return 0;
}
