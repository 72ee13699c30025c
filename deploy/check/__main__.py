"""Checks deploy/: what can be started is started, and the rest is read by its own tools. scripts/check-deploy calls it."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import metrics
import units
from beside import NAMES, OTHER_NAMES, Beside
from composition import NOT_HERE, Composition
from kubernetes import Manifests
from lints import lint
from observed import Observed
from sandbox import Failed
from stack import SILOS, Stack

BEGUN = time.monotonic()


def say(what):
    print(f"{time.monotonic() - BEGUN:6.1f} s  {what}", flush=True)


def main(root, tools, pizza, compiled):
    work = Path(subprocess.run(["mktemp", "-d"], stdout=subprocess.PIPE, check=True, text=True).stdout.strip())
    # A copy, so that the secrets of this check are nobody's.
    deploy = work / "deploy"
    shutil.copytree(root / "deploy", deploy, ignore=shutil.ignore_patterns("secrets", "check", "__pycache__"))
    for folder in (deploy / "secrets", deploy / "kubernetes/secrets"):
        subprocess.run([deploy / "make-secrets", folder, "localhost"], check=True, stdout=subprocess.DEVNULL)
    # A reminder within the time of a check: an order that nobody fetches for a second is late.
    with open(deploy / "secrets/silo.toml", "a") as silo:
        silo.write('\n[silo.types.order.config]\ncheck-ms = "1000"\n')
    services = None
    try:
        services = Composition(deploy, tools / "docker-compose", work, pizza, {"PIZZA_SPEED": "600"}, NAMES, OTHER_NAMES)
        lint(root, deploy, tools, services, say)
        manifests = Manifests(tools, deploy / "kubernetes", work)
        say(manifests.verify())
        say(units.verify(deploy / "systemd", work))
        run(root, deploy, services, manifests, compiled)
    except (Failed, OSError, subprocess.SubprocessError) as failed:
        print(f"{type(failed).__name__}: {failed}\n{services.tails() if services else ''}\nlogs are in {work}", file=sys.stderr)
        return 1
    finally:
        if services:
            services.kill_all()
    shutil.rmtree(work)
    say("done")
    return 0


def run(root, deploy, services, manifests, compiled):
    secrets, page = deploy / "secrets", (root / "docs/deployment.md").read_text()
    stack, exposed = Stack(services, secrets, say), metrics.Exposed()
    stack.start(compiled)
    beside = Beside(services, secrets, compiled, say)
    observed = Observed(services, say)
    observed.start()
    stack.use()
    stack.roll()
    for name in [*SILOS, "bridge"]:
        exposed.add(beside.metrics(services.addresses[name], port=5003))
    for name in ("gateway-1", "gateway-2"):
        exposed.add(beside.metrics(services.addresses[name], stack.client.token("observer")))
    observed.look(deploy)
    beside.pods(manifests)
    all_units = units.all_of(deploy / "systemd")
    beside.machines(all_units, deploy / "systemd")
    beside.machine(all_units, deploy / "systemd", page, stack.client, exposed)
    beside.region(exposed)
    say(metrics.add_by_source(exposed, root))
    say(metrics.compare(deploy, exposed))
    say(metrics.finds_mistakes(exposed))
    observed.stop()
    stack.stop()
    say(f"not started, for want of a program: {', '.join(sorted(NOT_HERE))}")


if __name__ == "__main__":
    sys.exit(main(*(Path(argument) for argument in sys.argv[1:5])))
