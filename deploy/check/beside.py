"""What is started beside the services of compose.yaml, in the same cluster: the pods of Kubernetes and the units of
systemd, each with its own command, environment and mounts; and a whole pizzeria in one process."""

import http.client
import json
import re
import shutil
import subprocess

import seccomp
from pizzeria import Client
from sandbox import Failed, Sandbox, until

NAMES = ["silo-0", "pod-gateway", "pod-bridge", "pizza-1", "machine-gateway", "machine-bridge", "machine", "machine-nginx",
         "region-redis", "region"]
# Under which names they and others are found: those of the manifests, and those of the units' examples.
OTHER_NAMES = {"silo-0.silo": "silo-0", "silos": "silo-1", "pizza-1.internal": "pizza-1",
               "pizza-2.internal": "silo-2", "pizza-3.internal": "silo-3"}


class Beside:
    def __init__(self, composition, secrets, compiled, say):
        self.services, self.secrets, self.compiled, self.say = composition, secrets, compiled, say

    def secret_files(self, wanted):
        return [(self.secrets / name, f"/etc/pizza/{name}", False) for name in wanted]

    def kept(self, name, folder, mode, modules):
        """A volume, with the modules compiled already where a data directory lies in it."""
        volume = self.services.work / "volumes" / name
        (volume / folder).mkdir(parents=True)
        if modules:
            shutil.copytree(self.compiled, volume / folder / "modules")
        for path in (volume / folder, volume):
            path.chmod(0o700 if path != volume else mode)
        return volume

    def pods(self, manifests):
        """The containers of Kubernetes, each on a volume as fsGroup makes it: open to its group."""
        files = {"silo": ["silo.toml", "silo.pem", "silo.key", "silos-ca.pem"], "gateway": ["gateway.toml"],
                 "bridge": ["bridge.toml"]}
        for name, pod in (("silo-0", "silo"), ("pod-gateway", "gateway"), ("pod-bridge", "bridge")):
            env = manifests.environment(pod, name)
            folder = env["PIZZA_DATA"].removeprefix("/data/")
            volume = self.kept(name, folder, 0o2770, pod == "silo")
            command = [*self.services.entrypoint, *manifests.args(pod)]
            self.services.start_beside(name, command, {**self.services.image_env, **env},
                                       [*self.secret_files(files[pod]), (volume, "/data", True)])
            for probe in manifests.probes(pod):
                until(f"{name} to answer {probe}", 60, lambda: self.services.is_there(name, probe))
        self.ends(["pod-gateway", "pod-bridge", "silo-0"], "pods of Kubernetes answer their probes")

    def machines(self, units, folder):
        """The units of a cluster's machines, under the filter of system calls that each has."""
        started = [("pizza-1", "pizza-silo@.service", ["silo.toml", "silo.pem", "silo.key", "silos-ca.pem"],
                    "5002/health/ready"),
                   ("machine-gateway", "pizza-gateway.service", ["gateway.toml"], "5000/health/ready"),
                   ("machine-bridge", "pizza-bridge.service", ["bridge.toml"], "5004/health/live")]
        for name, unit, files, probe in started:
            self.start_unit(name, units[unit], folder, files, unit.startswith("pizza-silo"))
            until(f"{name} to answer {probe}", 60, lambda: self.services.is_there(name, probe))
        self.ends([name for name, *_ in reversed(started)], "units of systemd work with what they may do")

    def start_unit(self, name, unit, folder, files, modules):
        env = unit.environment(folder)
        volume = self.kept(name, ".", 0o700, modules)
        filtered = seccomp.write(unit.settings["SystemCallFilter"], self.services.work / f"{name}.bpf")
        self.services.start_beside(name, unit.command(), env,
                                   [*self.secret_files(files), (volume, unit.state(), True)], [filtered])

    def ends(self, names, what):
        self.say(f"{what}; {', '.join(self.services.stop(name) for name in names)}")

    def machine(self, units, folder, page, client, exposed):
        """One machine: the unit of the whole pizzeria, and its restaurant by the commands of the page."""
        services, name = self.services, "machine"
        self.start_unit(name, units["pizza.service"], folder, ["pizza.toml", "web.pem", "web.key"], True)
        until("the pizzeria to be ready", 60, lambda: services.is_there(name, "5002/health/ready"))
        section = page[page.index("### The first restaurant"):]
        commands = re.search(r"```sh\n(.*?)```", section, re.S)[1].replace("sudo ", "")
        box = services.beside[name]
        wanted = ["--ro-bind", str(self.secrets / "admin-token"), "/etc/pizza/admin-token"]
        box.arguments = [*box.arguments[:-4], *wanted, *box.arguments[-4:]]
        if box.run(["sh", "-euc", services.localised(name, [commands])[0]]) != 0:
            raise Failed(f"the commands of docs/deployment.md:\n{box.said}")
        self.first_order(services.addresses[name], client)
        password = client.token("driver")
        address = services.addresses[name]
        client.publish("pizza/drivers/driver-1/status", "available", "anybody", password, address, 8883)
        told = lambda: self.ask(address, "GET", "/api/drivers/driver-1/status", client.token("driver"))
        until("the driver to be available", 10, lambda: told()["status"] == "available")
        # Open while the metrics are read, as a browser's would be.
        with client.websocket(address, 5000, client.token("kitchen"), refused="#"):
            exposed.add(self.metrics(address, client.token("observer")))
        self.behind_nginx(page, client)
        self.ends(["machine-nginx", name], "one machine: a restaurant and nginx by the page's commands, an order, phones")

    def behind_nginx(self, page, client):
        """What the page makes of nginx.conf, in front of the whole pizzeria."""
        section = page[page.index("### nginx in front"):]
        command = re.search(r"```sh\n(sed .*?> nginx\.conf)\n", section, re.S)[1]
        work, own = self.services.work, self.services.addresses["machine-nginx"]
        subprocess.run(["sh", "-euc", command], cwd=work, check=True)
        made = (work / "nginx.conf").read_text()
        for wanted in ("listen 80;", "listen [::]:443 ssl", "server 127.0.0.1:5000;"):
            if wanted not in made:
                raise Failed(f"the page makes a configuration of nginx without {wanted}")
        made = re.sub(r"^ *listen \[::\].*\n", "", made, flags=re.M).replace("listen 80;", f"listen {own}:8080;")
        made = made.replace("listen 443 ", f"listen {own}:8443 ")
        (work / "nginx.conf").write_text(made.replace("127.0.0.1:5000", f"{self.services.addresses['machine']}:5000"))
        box = Sandbox("machine-nginx", 101, self.services.hosts, {},
                      [*self.secret_files(["web.pem", "web.key"]), (work / "nginx.conf", "/etc/nginx/nginx.conf", False)],
                      ["/tmp", "/run", "/var/log/nginx"], work / "machine-nginx.log")
        self.services.running["machine-nginx"] = box.start(["nginx", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"])
        behind = Client(own, self.services.client, client.ca, self.secrets)

        def is_ready():
            try:
                return behind.ask("GET", "/health/ready")[0].status == 200
            except OSError:
                return False
        until("nginx to answer", 10, is_ready)
        behind.follow(behind.order())
        behind.publish("pizza/drivers/driver-1/status", "offline", "anybody", client.token("driver"), own, 8443,
                       "websockets")

    def region(self, exposed):
        """A silo of another region, whose neighbour does not let it in: what it tells of other cells."""
        volume = self.kept("region-redis", ".", 0o700, False)
        box = Sandbox("region-redis", 999, self.services.hosts, {}, [(volume, "/data", True)], [],
                      self.services.work / "region-redis.log")
        self.services.running["region-redis"] = box.start(
            self.services.localised("region-redis", ["redis-server", "--bind", "0.0.0.0", "--dir", "/data",
                                                     "--appendonly", "yes", "--appendfsync", "always", "--save", ""]))
        command = ["pizza", "silo", "--cluster-store", "redis://region-redis:6379/", "--cluster-listen", "0.0.0.0:7000",
                   "--admin", "0.0.0.0:5002", "--metrics", "0.0.0.0:5003", "--data", "/data", "--cell", "us",
                   "--cell-default", "eu", "--cell-peer", "eu=silo-1:7000"]
        self.services.start_beside("region", command, {}, [(self.kept("region", ".", 0o700, True), "/data", True)])
        until("the region's silo to be ready", 60, lambda: self.services.is_there("region", "5002/health/ready"))
        exposed.add(self.metrics(self.services.addresses["region"], port=5003))
        self.ends(["region", "region-redis"], "a silo of another region")

    def first_order(self, address, client):
        body = {"customerId": "customer-1", "pizzaType": "Margherita"}
        order = self.ask(address, "POST", "/api/orders", client.token("customer"), body)["orderId"]
        status = lambda: self.ask(address, "GET", f"/api/orders/{order}", client.token("customer"))["status"]
        until("the order to be ready", 20, lambda: status() == "ready")

    def ask(self, address, method, path, token, body=None):
        connection = http.client.HTTPConnection(address, 5000, timeout=10)
        connection.request(method, path, body=json.dumps(body) if body else None,
                           headers={"authorization": f"Bearer {token}", "content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status not in (200, 201):
            raise Failed(f"{method} {path}: {answer.status} {text[:500]}")
        return json.loads(text)

    def metrics(self, address, token=None, port=5000):
        connection = http.client.HTTPConnection(address, port, timeout=10)
        connection.request("GET", "/metrics", headers={"authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise Failed(f"metrics of {address}:{port}: {answer.status} {text[:300]}")
        return text
