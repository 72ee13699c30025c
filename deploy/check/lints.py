"""What its own tools say of what is written here."""

import json
import os
import re
import subprocess
import tomllib

import metrics
import yaml

from composition import IMAGES, NOT_HERE
from sandbox import Failed


def tool(what, *command, cwd=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd)
    if done.returncode:
        raise Failed(f"{what}: {done.stdout[-3000:]}")
    return done.stdout


def lint(root, deploy, tools, services, say):
    tool("hadolint", tools / "hadolint", deploy / "Dockerfile")
    say(f"the Dockerfile by hadolint; {context(root, deploy)}")
    known = set(IMAGES) | NOT_HERE
    images = {services.image(name) for name in services.services}
    if images - known:
        raise Failed(f"images that the check does not know: {images - known}")
    for name, service in services.services.items():
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        if not {"cpus", "memory"} <= limits.keys():
            raise Failed(f"compose.yaml: {name} has no limits")
        if services.image(name) == "awesome-pizza":
            flags(services.pizza, name, services.command(name)[1:], service["environment"])
    say(f"compose.yaml by docker compose: {len(services.services)} services, hardened, with limits and known flags")
    for script in ("deploy/make-secrets", "deploy/healthcheck", "scripts/check-deploy"):
        tool(script, "bash", "-n", root / script)
    tool("create-cluster", "dash", "-n", root / "deploy/redis/create-cluster")
    prometheus = deploy / "prometheus"
    tool("alerts", "promtool", "check", "rules", "--lint-fatal", "alerts.yaml", cwd=prometheus)
    tool("tests of alerts", "promtool", "test", "rules", "alerts_test.yaml", cwd=prometheus)
    say(f"{alerts(root, deploy)}; a test for each, by promtool")
    board(deploy)
    collector(deploy)
    for file in (deploy / "config").glob("*.toml"):
        tomllib.loads(file.read_text())


def context(root, deploy):
    """What the build is given: all that cargo needs of the repository, and nothing secret."""
    listed = subprocess.run(["git", "ls-files"], stdout=subprocess.PIPE, check=True, text=True, cwd=root).stdout.split("\n")
    lines = (root / ".dockerignore").read_text().splitlines()
    taken = [line[1:] for line in lines if line.startswith("!")]
    inside = {name for name in listed if any(name == each or name.startswith(f"{each}/") for each in taken)}
    needed = {"build.rs", "Cargo.toml", "Cargo.lock", "scripts/wasm-target", "deploy/healthcheck"}
    needed |= {name for name in listed if re.search(r"(^|/)(Cargo\.toml|build\.rs)$", name)}
    needed |= {name for name in listed if re.match(r"(host|gateway|bridge|load|wit|actors)/", name)}
    if needed - inside:
        raise Failed(f".dockerignore keeps out what the build needs: {sorted(needed - inside)[:5]}")
    kept_out = [name for name in inside if "secret" in name and not name.endswith((".rs", ".md"))]
    if kept_out:
        raise Failed(f".dockerignore lets in {kept_out}")
    dockerfile = (deploy / "Dockerfile").read_text()
    version = re.search(r'channel = "([\d.]+)"', (root / "rust-toolchain.toml").read_text())[1]
    if f"FROM rust:{version}-" not in dockerfile or f"RUSTUP_TOOLCHAIN={version}" not in dockerfile:
        raise Failed(f"the Dockerfile builds by another Rust than {version}")
    for source in re.findall(r"^COPY (?:--chmod=\S+ )?([\w./-]+) ", dockerfile, re.M):
        if source != "." and not any(name == source or name.startswith(f"{source}/") for name in inside):
            raise Failed(f"the Dockerfile copies {source}, which is not there")
    stage = dockerfile[:dockerfile.index("\nFROM rust:")]
    copied = re.findall(r"^COPY ([\w./-]+) ", stage, re.M)
    for name in listed:
        if not re.match(r"gateway/ui/.*\.(ts|svelte|js|mjs)$", name):
            continue
        for path in re.findall(r"""(?:from|import\() ?['"](\.\.?/[^'"]+)['"]""", (root / name).read_text()):
            wanted = os.path.normpath(os.path.join(os.path.dirname(name), path))
            if not any(wanted == each or wanted.startswith(f"{each}/") for each in copied):
                raise Failed(f"{name} needs {wanted}, which the Dockerfile does not copy for the pages")
    return f"{len(inside)} of {len(listed)} files are in its context"


def flags(pizza, name, arguments, env):
    """Whether the verb knows the flags and the variables."""
    said = tool(name, pizza, arguments[0], "--help")
    for flag in arguments[1:]:
        if flag.startswith("--") and not re.search(rf"^ +(-\w, )?{flag}\b", said, re.M):
            raise Failed(f"{name}: {arguments[0]} has no {flag}")
    words = " ".join(said.split())
    for variable in env:
        if f"[env: {variable}=" not in words and f"[env: {variable}]" not in words:
            raise Failed(f"{name}: {arguments[0]} does not read {variable}")


def alerts(root, deploy):
    page = (root / "docs/deployment.md").read_text()
    tests = (deploy / "prometheus/alerts_test.yaml").read_text()
    rules = metrics.rules(deploy)
    for rule in rules:
        name = rule["alert"]
        if not rule["annotations"].get("runbook") or rule["labels"].get("severity") not in ("page", "ticket"):
            raise Failed(f"{name} has no line on what to do, or no severity")
        if f"name: {name} fires" not in tests or f"name: {name} does not" not in tests:
            raise Failed(f"{name} has no test")
        if f"`{name}`" not in page:
            raise Failed(f"docs/deployment.md does not tell of {name}")
    told = set(re.findall(r"^\| `(\w+)` \| (?:page|ticket) \|", page, re.M)) - {rule["alert"] for rule in rules}
    if told:
        raise Failed(f"docs/deployment.md tells of alerts that are not there: {told}")
    return f"{len(rules)} alerts"


def board(deploy):
    """What Grafana would trip over: ids, places, its source of data."""
    text = (deploy / "grafana/dashboards/pizza.json").read_text()
    panels = json.loads(text)["panels"]
    sources = yaml.safe_load((deploy / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"]
    uids = {source["uid"] for source in sources}
    taken, ids = set(), [panel["id"] for panel in panels]
    if len(set(ids)) != len(ids):
        raise Failed("two panels of the board have one id")
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        if cells & taken or at["x"] + at["w"] > 24:
            raise Failed(f"{panel['title']} lies upon another panel")
        taken |= cells
    asked = set(re.findall(r'"type": "prometheus",\s*"uid": "([^"]*)"', text))
    if asked != uids:
        raise Failed(f"the board asks {asked}, and there are {uids}")


def collector(deploy):
    whole = yaml.safe_load((deploy / "otel/collector.yaml").read_text())
    for name, pipeline in whole["service"]["pipelines"].items():
        for kind in ("receivers", "processors", "exporters"):
            missing = [each for each in pipeline[kind] if each not in whole[kind]]
            if missing:
                raise Failed(f"the collector's pipeline {name} names {kind} that are not there: {missing}")
