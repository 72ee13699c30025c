/* A disk that fails when told to: while the file that FAULT names exists, its first letter
 * says what fails on regular files: 's' syncs with EIO, 'f' writes with ENOSPC where they need
 * blocks. Preloaded
 * into the process under test, for machines on which nobody may mount anything. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails(int fd, char what) {
    const char *path = getenv("FAULT");
    struct stat about;
    if (!path || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char told = 0;
    long got = syscall(SYS_read, file, &told, 1);
    syscall(SYS_close, file);
    return got == 1 && told == what;
}

int fsync(int fd) {
    if (fails(fd, 's')) { errno = EIO; return -1; }
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    if (fails(fd, 's')) { errno = EIO; return -1; }
    return (int)syscall(SYS_fdatasync, fd);
}

/* Whether a write needs blocks that the file does not have, on a disk that is full ('f'). */
static int grows(int fd, size_t count, off64_t at) {
    struct stat about;
    if (fstat(fd, &about) != 0) return 0;
    if (at < 0) at = lseek(fd, 0, SEEK_CUR);
    return at + (off64_t)count > (off64_t)about.st_blocks * 512;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (fails(fd, 'f') && grows(fd, count, -1)) { errno = ENOSPC; return -1; }
    return syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    if (fails(fd, 'f') && grows(fd, 1, -1)) { errno = ENOSPC; return -1; }
    return syscall(SYS_writev, fd, pieces, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    if (fails(fd, 'f') && grows(fd, count, at)) { errno = ENOSPC; return -1; }
    return syscall(SYS_pwrite64, fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    if (fails(fd, 'f') && grows(fd, count, at)) { errno = ENOSPC; return -1; }
    return syscall(SYS_pwrite64, fd, bytes, count, at);
}
