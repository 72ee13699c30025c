/* Loaded into the process before everything else: SIGKILL when the n-th fdatasync since the
 * file DIE_AT came to be has returned. What was written is durable, and nobody has heard
 * of it yet. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long synced;

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  const char *path = getenv("DIE_AT");
  FILE *file = path ? fopen(path, "r") : NULL;
  long at = 0;
  if (file) {
    if (fscanf(file, "%ld", &at) == 1 && atomic_fetch_add(&synced, 1) + 1 >= at)
      kill(getpid(), SIGKILL);
    fclose(file);
  }
  return result;
}
