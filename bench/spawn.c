// Runs one command and reports what the kernel says it cost.
//
// The harness is Python, and a child forked from a large process inherits that process's peak
// memory (the kernel carries the high-water mark across exec). So the command is started from this
// small program instead, which also keeps the clock readings close to the fork and the exit.
//
//   spawn SECONDS STDIN STDOUT STDERR COMMAND [ARGUMENT...]
//
// prints one line: exit status, signal, timed out (0/1), wall ns, user us, system us, peak KiB.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t timed_out;
static pid_t child;

static void on_alarm(int signal_number) {
  (void)signal_number;
  timed_out = 1;
  kill(-child, SIGKILL);
}

static void redirect(int target, const char* path, int flags) {
  int fd = open(path, flags, 0644);
  if (fd < 0 || dup2(fd, target) < 0) {
    fprintf(stderr, "spawn: %s: %s\n", path, strerror(errno));
    _exit(126);
  }
  close(fd);
}

int main(int argc, char** argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: spawn SECONDS STDIN STDOUT STDERR COMMAND [ARGUMENT...]\n");
    return 2;
  }
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  child = fork();
  if (child < 0) {
    perror("spawn: fork");
    return 1;
  }
  if (child == 0) {
    setpgid(0, 0);
    redirect(0, argv[2], O_RDONLY);
    redirect(1, argv[3], O_WRONLY | O_CREAT | O_TRUNC);
    redirect(2, argv[4], O_WRONLY | O_CREAT | O_TRUNC);
    execvp(argv[5], argv + 5);
    fprintf(stderr, "spawn: %s: %s\n", argv[5], strerror(errno));
    _exit(127);
  }
  setpgid(child, child);
  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  alarm((unsigned)atoi(argv[1]));
  int status = 0;
  struct rusage usage;
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) {
      perror("spawn: wait4");
      return 1;
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  long long wall = (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec);
  printf("%d %d %d %lld %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
         WIFSIGNALED(status) ? WTERMSIG(status) : 0, (int)timed_out, wall,
         usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec,
         usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec, usage.ru_maxrss);
  return 0;
}
