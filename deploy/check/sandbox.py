"""Runs a program as a container would run it: a root file system that nobody writes to, a user of its own without
capabilities, the files that are mounted and no others. Only the network is this machine's: each service has an
address of its own on the loopback interface, and its name is in /etc/hosts."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

# What programs need of this machine; an image has it of its own.
SYSTEM = ["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/ssl"]


class Failed(Exception):
    """A check that did not hold."""


class Sandbox:
    """How one service is run; `start` and `run` may be called any number of times."""

    def __init__(self, name, uid, hosts, env, mounts, tmpfs, log, more=()):
        self.name, self.log = name, log
        arguments = ["bwrap", "--die-with-parent", "--unshare-user", "--unshare-ipc", "--unshare-uts"]
        arguments += ["--uid", str(uid), "--gid", str(uid), "--cap-drop", "ALL", "--clearenv"]
        arguments += ["--unshare-pid", "--as-pid-1", "--proc", "/proc", "--dev", "/dev"]
        for path in SYSTEM:
            arguments += ["--ro-bind", path, path]
        if Path("/usr/lib64").exists():
            arguments += ["--ro-bind", "/usr/lib64", "/usr/lib64"]
        for link in ("bin", "sbin", "lib", "lib64"):
            arguments += ["--symlink", f"usr/{link}", f"/{link}"]
        arguments += ["--ro-bind", str(hosts), "/etc/hosts"]
        for source, target, writable in mounts:
            arguments += ["--bind" if writable else "--ro-bind", str(source), target]
        for target in tmpfs:
            arguments += ["--perms", "0700", "--tmpfs", target]
        for key, value in {"PATH": "/usr/local/bin:/usr/bin:/usr/sbin", **env}.items():
            arguments += ["--setenv", key, value]
        self.arguments = [*arguments, "--remount-ro", "/", "--chdir", "/"]
        # A file whose filter of system calls the service alone has.
        self.filter = more[0] if more else None

    def start(self, command):
        return Running(self, command)

    def run(self, command, seconds=20):
        """Runs a command to its end, beside the service, with the same files; its exit code."""
        done = subprocess.run([*self.arguments, "--", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, text=True)
        self.said = done.stdout
        return done.returncode


class Running:
    """A service that runs."""

    def __init__(self, sandbox, command):
        self.name, self.log, self.command = sandbox.name, sandbox.log, command
        read, write = os.pipe()
        passed, more = [write], []
        if sandbox.filter:
            passed.append(os.open(sandbox.filter, os.O_RDONLY))
            more = ["--seccomp", str(passed[1])]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*sandbox.arguments, *more, "--info-fd", str(write), "--", *command],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, pass_fds=passed, start_new_session=True)
        for each in passed:
            os.close(each)
        with os.fdopen(read) as info:
            self.pid = json.load(info)["child-pid"]

    def stop(self, name="SIGTERM", seconds=60):
        """Asks it to stop, waits, and says with which code it ended."""
        begun = time.monotonic()
        try:
            os.kill(self.pid, getattr(signal, name))
            code = self.process.wait(seconds)
        except ProcessLookupError:
            code = self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} does not stop within {seconds} s of {name}") from None
        return code, time.monotonic() - begun

    def is_up(self):
        return self.process.poll() is None

    def kill(self):
        if self.is_up():
            self.process.kill()
            self.process.wait()

    def tail(self):
        lines = Path(self.log).read_text(errors="replace").splitlines()
        return "\n".join(f"  {self.name}: {line}" for line in lines[-15:])


def until(what, seconds, look):
    """What `look` returns as soon as it is something, asked again and again."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.05)
