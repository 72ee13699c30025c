"""What SystemCallFilter of a unit lets through, as a filter that bwrap installs."""

import ctypes
import ctypes.util
import errno
import subprocess
from functools import cache

from sandbox import Failed

ALLOW = 0x7FFF0000
ERRNO = 0x00050000 | errno.EPERM


@cache
def named(group):
    """The system calls of a set of systemd's, with those of the sets in it."""
    said = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", group], stdout=subprocess.PIPE,
                          check=True, text=True).stdout
    words = [line.strip() for line in said.splitlines()[1:]]
    calls = set()
    for word in words:
        if word.startswith("@"):
            calls |= named(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return frozenset(calls)


def allowed(filters):
    """As systemd adds them up: the first says whether what follows is let through or kept out."""
    calls = set()
    for line in filters:
        wanted = set()
        for group in line.lstrip("~").split():
            wanted |= named(group) if group.startswith("@") else {group}
        calls = calls - wanted if line.startswith("~") else calls | wanted
    return calls


def write(filters, path):
    """Writes the filter to `path`, for --seccomp."""
    lib = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(ERRNO)))
    if not context.value:
        raise Failed("libseccomp makes no filter")
    count = 0
    for call in allowed(filters):
        number = lib.seccomp_syscall_resolve_name(call.encode())
        # Some are of other processors.
        if number >= 0 and lib.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), number, 0) == 0:
            count += 1
    with open(path, "wb") as file:
        if count < 100 or lib.seccomp_export_bpf(context, file.fileno()) != 0:
            raise Failed(f"a filter of {count} system calls is not to be had")
    lib.seccomp_release(context)
    return path
