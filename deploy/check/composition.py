"""The services of compose.yaml, as processes of this machine."""

import os
import re
import subprocess
from pathlib import Path

import yaml

from sandbox import Failed, Sandbox

# Which program of this machine stands for an image, and under which user the image would run it.
IMAGES = {"awesome-pizza": None, "redis": "redis-server", "eclipse-mosquitto": "mosquitto",
          "nginxinc/nginx-unprivileged": "nginx", "prom/prometheus": "prometheus"}
# There is no program of this machine for these: compose.yaml and their files are looked at, and no more.
NOT_HERE = {"grafana/grafana-oss", "otel/opentelemetry-collector"}


class Composition:
    """`beside` are processes that are no services, `other_names` under which names who is found."""

    def __init__(self, deploy, compose, work, pizza, extra_env, beside=(), other_names=None):
        self.deploy, self.work, self.pizza, self.extra_env = deploy, work, pizza, extra_env
        resolved = subprocess.run(
            [compose, "-f", str(deploy / "compose.yaml"), "--profile", "*", "config", "--no-path-resolution"],
            stdout=subprocess.PIPE, check=True, text=True)
        whole = yaml.safe_load(resolved.stdout)
        self.services, self.secrets = whole["services"], whole["secrets"]
        dockerfile = (deploy / "Dockerfile").read_text()
        # The last stage's.
        self.entrypoint = yaml.safe_load(re.findall(r"^ENTRYPOINT (.*)$", dockerfile, re.M)[-1])
        self.user = re.findall(r"^USER (.*)$", dockerfile, re.M)[-1]
        self.image_env = dict(re.findall(r"^ENV (\w+)=(\S+)$", dockerfile[dockerfile.rindex("\nFROM"):], re.M))
        # One address a service, in a network that no other run has.
        network = f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 250}"
        self.addresses = {name: f"{network}.{10 + at}" for at, name in enumerate([*sorted(self.services), *beside])}
        self.client, self.other_client = f"{network}.200", f"{network}.201"
        self.hosts = work / "hosts"
        lines = [f"{address} {name}" for name, address in self.addresses.items()]
        lines += [f"{self.addresses[who]} {name}" for name, who in (other_names or {}).items()]
        self.hosts.write_text("127.0.0.1 localhost\n" + "\n".join(lines) + "\n")
        self.running, self.beside = {}, {}

    def image(self, name):
        return re.sub(r":[^:/]*$", "", self.services[name]["image"])

    def command(self, name):
        """What it runs. An address that is the container's alone is this service's."""
        service = self.services[name]
        entrypoint = service.get("entrypoint") or (self.entrypoint if self.image(name) == "awesome-pizza" else [])
        return self.localised(name, [*entrypoint, *(service.get("command") or [])])

    def localised(self, name, arguments):
        own = self.addresses[name]
        return [re.sub(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b", own, argument) for argument in arguments]

    def mounts(self, name):
        service, found = self.services[name], []
        for secret in service.get("secrets", []):
            found.append((self.deploy / self.secrets[secret["source"]]["file"], secret["target"], False))
        for volume in service.get("volumes", []):
            if volume["type"] == "bind":
                found.append((self.bound(name, volume["source"]), volume["target"], not volume.get("read_only")))
            else:
                kept = self.work / "volumes" / volume["source"]
                kept.mkdir(parents=True, exist_ok=True)
                kept.chmod(0o700)
                found.append((kept, volume["target"], True))
        if self.image(name) == "awesome-pizza":
            found.append((self.pizza, "/usr/local/bin/pizza", False))
            found.append((self.deploy / "healthcheck", "/usr/local/bin/healthcheck", False))
        return found

    def bound(self, name, source):
        """A file of ours. One that says where a server listens says this service's address instead of all."""
        text, own = (self.deploy / source).read_text() if (self.deploy / source).is_file() else "", self.addresses[name]
        changed = text
        if source.endswith("redis.conf"):
            changed = f"bind {own}\nbind-source-addr {own}\n{text}"
        elif source.endswith("mosquitto.conf"):
            changed = re.sub(r"^listener (\d+)$", rf"listener \1 {own}", text, flags=re.M)
        elif source.endswith("nginx.conf"):
            changed = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.M)
            changed = re.sub(r"^( *listen )(\d+)", rf"\g<1>{own}:\2", changed, flags=re.M)
        elif source.endswith("prometheus.yaml"):
            # What comes every 15 seconds would be waited for. And a listener on the loopback interface is this
            # machine's alone: who asks there by a name, and shows no token, is sent away.
            changed = text.replace("interval: 15s", "interval: 1s")
            changed = re.sub(r'"([\w-]+):5003"', lambda match: f'"{self.addresses[match[1]]}:5003"', changed)
        if changed == text:
            return self.deploy / source
        path = self.work / "changed" / name / Path(source).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed)
        return path

    def sandbox(self, name):
        service = self.services[name]
        for rule, wanted in (("read_only", True), ("cap_drop", ["ALL"]), ("security_opt", ["no-new-privileges:true"])):
            if service.get(rule) != wanted:
                raise Failed(f"compose.yaml: {name} has not {rule}: {wanted}")
        user = service.get("user", self.user if self.image(name) == "awesome-pizza" else "101")
        env = dict(service.get("environment") or {})
        if self.image(name) == "awesome-pizza":
            env = {**self.image_env, **env, **self.extra_env}
        tmpfs = [entry.split(":")[0] for entry in service.get("tmpfs", [])]
        return Sandbox(name, int(user.split(":")[0]), self.hosts, env, self.mounts(name), tmpfs,
                       self.work / f"{name}.log")

    def start_beside(self, name, command, env, mounts, more=()):
        """A process that is no service, with the program and the secrets that a pod or a machine would have."""
        env = {key: self.localised(name, [value])[0] for key, value in {**env, **self.extra_env}.items()}
        mounts = [*mounts, (self.pizza, "/usr/local/bin/pizza", False),
                  (self.deploy / "healthcheck", "/usr/local/bin/healthcheck", False)]
        box = Sandbox(name, 10001, self.hosts, env, mounts, ["/tmp"], self.work / f"{name}.log", more)
        self.beside[name] = box
        self.running[name] = box.start(self.localised(name, command))
        return self.running[name]

    def is_there(self, name, probe):
        """Whether a process that is no service answers a probe, PORT/PATH."""
        if not self.running[name].is_up():
            raise Failed(f"{name} has ended:\n{self.running[name].tail()}")
        return self.beside[name].run(["healthcheck", f"{self.addresses[name]}:{probe}"]) == 0

    def start(self, name):
        self.running[name] = self.sandbox(name).start(self.command(name))
        return self.running[name]

    def is_healthy(self, name):
        """By the health check that compose.yaml has for it."""
        kind, *test = self.services[name]["healthcheck"]["test"]
        test = self.localised(name, test)
        if kind == "CMD-SHELL":
            test = ["sh", "-c", re.sub(r"^redis-cli", f"redis-cli -h {self.addresses[name]}", test[0])]
        if not self.running[name].is_up():
            raise Failed(f"{name} has ended:\n{self.running[name].tail()}")
        return self.sandbox(name).run(test) == 0

    def stop(self, name):
        running = self.running.pop(name)
        service = self.services.get(name, {})
        code, seconds = running.stop(service.get("stop_signal", "SIGTERM"))
        grace = service.get("stop_grace_period", "10s")
        if code != 0:
            raise Failed(f"{name} ended with {code} when it was asked to stop:\n{running.tail()}")
        return f"{name} {seconds:.1f}/{grace}"

    def kill_all(self):
        for running in self.running.values():
            running.kill()

    def tails(self):
        return "\n".join(running.tail() for running in self.running.values() if not running.is_up())
