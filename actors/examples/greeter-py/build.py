"""python build.py COMPONENT: makes the component, out of src/ and wit/.

The platform's contracts are put beside the actor's own, as `wit/deps` of a folder that goes
again: here they are only once, in the checkout.
"""

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from shutil import copytree

# That of the environment which runs this, whether it is activated or not.
TOOL = Path(sysconfig.get_path("scripts"), "componentize-py")


def build(component: str, source: str = ".", contracts: str = "../../../wit/silo") -> int:
    with tempfile.TemporaryDirectory(prefix="greeter-") as folder:
        wit, app = Path(folder, "wit"), Path(folder, "app")
        copytree(Path(source, "wit"), wit)
        copytree(contracts, wit / "deps/silo")
        # The interpreter leaves compiled files where it reads.
        copytree(Path(source, "src"), app)
        target = [TOOL, "--wit-path", wit, "--world", "greeter-actor", "componentize"]
        # An actor has no files and no network, and its time and chance come from the silo:
        # what is stubbed is not imported at all, and traps when it is called.
        made = ["--stub-wasi", "--python-path", app, "--output", component, "greeter_app"]
        return subprocess.run([*target, *made]).returncode


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(f"usage: {Path(sys.argv[0]).name} COMPONENT [SOURCE [CONTRACTS]]")
    sys.exit(build(*sys.argv[1:]))
