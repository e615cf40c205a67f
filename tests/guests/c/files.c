// Files: creation, positions, appending, truncation, links, renaming, times, and what must fail.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "names.h"

static void show(const char* path) {
  char text[256];
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    printf("%s: %s\n", path, outcome(fd));
    return;
  }
  ssize_t length = read(fd, text, sizeof text);
  struct stat status;
  fstat(fd, &status);
  printf("%s: %ld bytes \"%.*s\"\n", path, (long)status.st_size, (int)length, text);
  close(fd);
}

static void positions(void) {
  int fd = open("position.txt", O_RDWR | O_CREAT | O_TRUNC, 0644);
  printf("write %ld\n", (long)write(fd, "0123456789", 10));
  printf("seek %ld\n", (long)lseek(fd, 3, SEEK_SET));
  char text[16] = {0};
  printf("read %ld", (long)read(fd, text, 4));
  printf(" \"%s\" at %ld\n", text, (long)lseek(fd, 0, SEEK_CUR));
  printf("pwrite %ld at %ld\n", (long)pwrite(fd, "AB", 2, 1), (long)lseek(fd, 0, SEEK_CUR));
  memset(text, 0, sizeof text);
  printf("pread %ld", (long)pread(fd, text, 5, 0));
  printf(" \"%s\"\n", text);
  printf("seek beyond the end %ld\n", (long)lseek(fd, 20, SEEK_END));
  printf("write there %ld\n", (long)write(fd, "!", 1));
  printf("end %ld\n", (long)lseek(fd, 0, SEEK_END));
  printf("seek before the start: %s\n", outcome(lseek(fd, -1, SEEK_SET)));
  printf("truncate: %s\n", outcome(ftruncate(fd, 5)));
  printf("sync: %s\n", outcome(fsync(fd)));
  struct iovec parts[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
  lseek(fd, 0, SEEK_END);
  printf("writev %ld\n", (long)writev(fd, parts, 3));
  close(fd);
  printf("use after close: %s\n", outcome(write(fd, "x", 1)));
  show("position.txt");
}

static void appending(void) {
  for (int i = 0; i < 3; i++) {
    FILE* file = fopen("append.txt", "a");
    fprintf(file, "line %d;", i);
    fclose(file);
  }
  show("append.txt");
  int fd = open("append.txt", O_WRONLY | O_APPEND);
  lseek(fd, 0, SEEK_SET);
  write(fd, "end", 3);
  close(fd);
  show("append.txt");
}

static void failures(void) {
  printf("missing: %s\n", outcome(open("missing.txt", O_RDONLY)));
  printf("missing folder: %s\n", outcome(open("no/such.txt", O_RDONLY)));
  printf("exclusive: %s\n", outcome(open("append.txt", O_CREAT | O_EXCL | O_WRONLY, 0644)));
  printf("file as folder: %s\n", outcome(open("append.txt/x", O_RDONLY)));
  printf("unlink missing: %s\n", outcome(unlink("missing.txt")));
  printf("folder as file: %s\n", outcome(open("folder", O_WRONLY)));
  int fd = open("append.txt", O_RDONLY);
  printf("write to a reader: %s\n", outcome(write(fd, "x", 1)));
  close(fd);
}

static void links(void) {
  printf("rename: %s\n", outcome(rename("append.txt", "folder/moved.txt")));
  show("append.txt");
  show("folder/moved.txt");
  printf("link: %s\n", outcome(link("folder/moved.txt", "hard.txt")));
  struct stat status;
  stat("hard.txt", &status);
  printf("links: %d\n", (int)status.st_nlink);
  printf("symlink: %s\n", outcome(symlink("folder/moved.txt", "soft.txt")));
  char target[64] = {0};
  printf("readlink: %ld %s\n", (long)readlink("soft.txt", target, sizeof target), target);
  show("soft.txt");
  lstat("soft.txt", &status);
  printf("is a link: %d\n", S_ISLNK(status.st_mode));
  printf("dangling: %s\n", outcome(symlink("nowhere", "dangling.txt")));
  show("dangling.txt");
  printf("circle: %s\n", outcome(symlink("circle.txt", "circle.txt")));
  show("circle.txt");
  unlink("circle.txt");
  unlink("dangling.txt");
  unlink("soft.txt");
  printf("unlink: %s\n", outcome(unlink("folder/moved.txt")));
  show("hard.txt");
}

static void times(void) {
  struct timespec both[2] = {{1000000000, 0}, {1234567890, 500000000}};
  printf("set times: %s\n", outcome(utimensat(AT_FDCWD, "hard.txt", both, 0)));
  struct stat status;
  stat("hard.txt", &status);
  printf("times: %lld %lld.%09ld\n", (long long)status.st_atim.tv_sec,
         (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

static void large(void) {
  enum { kChunk = 65536, kCount = 64 };
  unsigned char* chunk = malloc(kChunk);
  FILE* file = fopen("large.bin", "wb");
  unsigned value = 1;
  for (int i = 0; i < kCount; i++) {
    for (int j = 0; j < kChunk; j++) {
      value = value * 1664525u + 1013904223u;
      chunk[j] = (unsigned char)(value >> 24);
    }
    fwrite(chunk, 1, kChunk, file);
  }
  fclose(file);
  file = fopen("large.bin", "rb");
  unsigned sum = 0;
  for (int i = kCount - 1; i >= 0; i--) {
    fseek(file, (long)i * kChunk, SEEK_SET);
    fread(chunk, 1, kChunk, file);
    for (int j = 0; j < kChunk; j++) sum = sum * 31 + chunk[j];
  }
  fclose(file);
  free(chunk);
  printf("large: %08x\n", sum);
}

int main(void) {
  mkdir("folder", 0755);
  positions();
  appending();
  failures();
  links();
  times();
  large();
  return 0;
}
