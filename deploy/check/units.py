"""The units of systemd: read by its own tools, and started with what they say."""

import re
import shutil
import shlex
import subprocess
from pathlib import Path

from sandbox import Failed

# Of 100, as systemd counts: what each unit leaves open.
EXPOSURE_MAX = 20
UNITS = {"pizza.service": None, "pizza-silo@.service": "one", "pizza-gateway.service": None,
         "pizza-bridge.service": None}


class Unit:
    def __init__(self, path, instance=None):
        self.path, self.name = path, path.name.replace("@.", f"@{instance}.")
        text = re.sub(r"\\\n", " ", path.read_text()).replace("%i", instance or "")
        self.settings = {}
        for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M):
            self.settings.setdefault(key, []).append(value)

    def one(self, key):
        return self.settings[key][-1]

    def environment(self, examples):
        env = {}
        for line in self.settings.get("Environment", []):
            env.update(pair.split("=", 1) for pair in shlex.split(line))
        for file in self.settings.get("EnvironmentFile", []):
            name = Path(file.lstrip("-")).name
            for line in (examples / name).read_text().splitlines():
                if line and not line.startswith("#"):
                    key, value = line.split("=", 1)
                    env[key] = value
        return env

    def command(self):
        return shlex.split(self.one("ExecStart"))

    def state(self):
        return f"/var/lib/{self.one('StateDirectory')}"


def all_of(folder):
    return {name: Unit(folder / name, instance) for name, instance in UNITS.items()}


def verify(folder, work):
    """What systemd says of them."""
    found = {path.name for path in folder.glob("*.service")}
    if found != set(UNITS):
        raise Failed(f"units that the check does not know: {found ^ set(UNITS)}")
    root = work / "systemd"
    (root / "usr/local/bin").mkdir(parents=True)
    shutil.copy("/bin/true", root / "usr/local/bin/pizza")
    (root / "usr/lib/systemd").mkdir(parents=True)
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    (root / "etc/systemd/system").mkdir(parents=True)
    for name in UNITS:
        shutil.copy(folder / name, root / "etc/systemd/system")
    worst = 0.0
    for name, instance in UNITS.items():
        whole = name.replace("@.", f"@{instance}.")
        said = subprocess.run(["systemd-analyze", "--no-pager", "verify", "--man=no", f"--root={root}", whole],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if said.returncode or name.split(".")[0] in said.stdout:
            raise Failed(f"{name}: {said.stdout}")
        said = subprocess.run(["systemd-analyze", "--no-pager", "security", "--offline=yes",
                               f"--threshold={EXPOSURE_MAX}", str(folder / name)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        level = re.search(r"Overall exposure level for .*: ([\d.]+)", said.stdout)
        if said.returncode or not level:
            raise Failed(f"{name} is more exposed than {EXPOSURE_MAX}:\n{said.stdout[-2000:]}")
        worst = max(worst, float(level[1]))
    return f"{len(UNITS)} units of systemd, exposure {worst} of 10 at most"
