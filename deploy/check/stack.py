"""The services of compose.yaml, started in their order, used through nginx, stopped one after the other."""

import http.client
import re
import shutil
import socket
import threading
import time

from pizzeria import Client
from sandbox import Failed, until

REDIS = [f"redis-{at}" for at in range(1, 7)]
SILOS = ["silo-1", "silo-2", "silo-3"]
GATEWAYS = ["gateway-1", "gateway-2"]


class Stack:
    def __init__(self, composition, secrets, say):
        self.services, self.secrets, self.say = composition, secrets, say
        self.client = Client(composition.addresses["nginx"], composition.client, secrets / "web.pem", secrets)

    def healthy(self, names, seconds):
        for name in names:
            until(f"{name} to be healthy", seconds, lambda name=name: self.services.is_healthy(name))

    def start(self, compiled):
        services = self.services
        for name in REDIS:
            services.start(name)
        self.healthy(REDIS, 20)
        made = services.start("redis-cluster")
        if made.process.wait(60) != 0:
            raise Failed(f"the Redis Cluster is not made:\n{made.tail()}")
        services.running.pop("redis-cluster")
        self.say("a Redis Cluster of three primaries and three replicas")

        # Who is first compiles the modules; here the others are given what it has made.
        first = services.work / "volumes"
        if compiled.exists():
            self.lay_out(compiled, SILOS)
            for name in SILOS:
                services.start(name)
        else:
            services.start(SILOS[0])
            self.healthy(SILOS[:1], 300)
            shutil.copytree(first / SILOS[0] / "modules", compiled)
            self.lay_out(compiled, SILOS[1:])
            for name in SILOS[1:]:
                services.start(name)
        services.start("mosquitto")
        self.healthy(SILOS, 120)
        self.say("three silos")
        for name in [*GATEWAYS, "bridge"]:
            services.start(name)
        self.healthy([*GATEWAYS, "bridge"], 30)
        services.start("nginx")
        until("nginx to answer", 20, self.answers)
        self.say("two gateways, the bridge, nginx")

    def lay_out(self, compiled, names):
        for name in names:
            data = self.services.work / "volumes" / name
            data.mkdir(parents=True, exist_ok=True)
            shutil.copytree(compiled, data / "modules")

    def answers(self):
        if not self.services.running["nginx"].is_up():
            raise Failed(f"nginx has ended:\n{self.services.running['nginx'].tail()}")
        try:
            return self.client.ask("GET", "/health/ready")[0].status == 200
        except OSError:
            return False

    def use(self):
        """What people do, through nginx."""
        client = self.client
        order = client.order()
        states = client.follow(order)
        names = [name for name, _ in states]
        if names[0] != "created" or names[-1] != "ready":
            raise Failed(f"the order's stream says {names}")
        spread = states[-1][1] - states[0][1]
        self.say(f"an order through nginx: {', '.join(names)}, events over {spread:.1f} s")

        plain = self.over_http("/api/restaurants")
        if not re.search(r"^HTTP/1.1 308 .*^Location: https://localhost/api/restaurants\r$", plain, re.S | re.M):
            raise Failed(f"without TLS nginx says {plain[:300]}")
        page, text = client.ask("GET", "/")
        asset = re.search(r'"(/assets/[^"]+\.js)"', text)
        if page.status != 200 or not asset:
            raise Failed(f"the page: {page.status} {text[:200]}")
        self.asset = asset[1]
        for _ in range(2):
            script, _ = client.ask("GET", asset[1])
            if script.status != 200 or script.getheader("strict-transport-security") is None:
                raise Failed(f"{asset[1]}: {script.status} {script.getheaders()}")
        if client.ask("GET", "/metrics", "observer")[0].status != 404:
            raise Failed("metrics are shown to whoever comes from outside")
        # Marked as a page's by TLS: the gateway has heard of nginx that it is.
        signed_in, text = client.ask("POST", "/api/session", body={"token": client.token("manager")},
                                     headers={"origin": "https://localhost:8443", "sec-fetch-site": "same-origin"})
        cookie = signed_in.getheader("set-cookie") or ""
        if signed_in.status not in (200, 201, 204) or not cookie.startswith("__Host-pizza_session="):
            raise Failed(f"signing in: {signed_in.status} {cookie[:40]} {text[:300]}")
        self.say("TLS, pages, a session")
        self.addresses()
        self.phones()

    def over_http(self, path):
        with socket.create_connection((self.services.addresses["nginx"], 8080), 5) as plain:
            plain.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return plain.makefile(newline="").read()

    def addresses(self):
        """Where clients are is known, and each is bounded by itself."""
        log = self.services.running["nginx"].log
        seen = lambda: f'{self.services.client} "POST /api/orders" 201' in log.read_text()
        until("nginx to log where the order came from", 5, seen)
        begun = time.monotonic()
        statuses = self.at_once(self.asset, 900)
        took = time.monotonic() - begun
        other = self.client.ask("GET", "/health/live")[0].status
        # What it may at once, and what has come to it since.
        if 201 + 100 * took < 800 and 429 not in statuses or len(statuses) != 900 or other != 200:
            raise Failed(f"{len(statuses)} requests in {took:.1f} s: {statuses.count(429)} refused, another's {other}")
        if 201 + 100 * took >= 800:
            raise Failed(f"900 requests took {took:.1f} s: too slow to meet a bound")
        self.say(f"of 900 requests of one address in {took:.1f} s {statuses.count(429)} are refused, another's is not")

    def at_once(self, path, count):
        """Asks so often on one connection without waiting for answers, which nginx has itself; their statuses."""
        connection = self.client.connection(self.services.other_client)
        connection.connect()
        ask = f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n"
        asked = (f"{ask}\r\n" * (count - 1) + f"{ask}Connection: close\r\n\r\n").encode()
        sending = threading.Thread(target=connection.sock.sendall, args=[asked])
        sending.start()
        answers = connection.sock.makefile("rb").read().decode()
        sending.join()
        connection.close()
        return [int(status) for status in re.findall(r"^HTTP/1.1 (\d+)", answers, re.M)]

    def phones(self):
        client, password = self.client, self.client.token("driver")
        topic = "pizza/drivers/driver-1/status"
        ways = [("available", "mosquitto", 8883, "tcp"), ("offline", "nginx", 8443, "websockets")]
        for status, service, port, transport in ways:
            client.publish(topic, status, "driver-1", password, self.services.addresses[service], port, transport)
            told = lambda: client.json("GET", "/api/drivers/driver-1/status", "driver")["status"] == status
            until(f"the driver to be {status}", 10, told)
        client.publish("pizza/drivers/driver-1/location", "nowhere", "driver-1", password,
                       self.services.addresses["mosquitto"], 8883)
        # The bridge comes back to a broker that was away.
        self.services.stop("mosquitto")
        self.services.start("mosquitto")
        until("Mosquitto to answer", 10, lambda: self.listens("mosquitto", 8883))
        client.publish(topic, "available", "driver-1", password, self.services.addresses["mosquitto"], 8883)
        told = lambda: client.json("GET", "/api/drivers/driver-1/status", "driver")["status"] == "available"
        until("the bridge to be back", 15, told)
        self.say("a phone by MQTT with TLS, and by WebSocket through nginx, also after Mosquitto was started anew")

    def listens(self, name, port):
        try:
            socket.create_connection((self.services.addresses[name], port), 1).close()
        except OSError:
            return False
        return True

    def roll(self):
        """Each gateway and each silo is stopped and started again while somebody orders and reads."""
        services, over, took, failed = self.services, threading.Event(), [], []

        def ask():
            order = self.client.order()
            while not over.is_set():
                begun = time.monotonic()
                try:
                    if len(took) % 10 == 9:
                        order = self.client.order()
                    self.client.json("GET", f"/api/orders/{order}", "customer")
                except (Failed, OSError, http.client.HTTPException) as error:
                    failed.append(str(error))
                took.append(time.monotonic() - begun)
                time.sleep(0.02)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            for name in [*GATEWAYS, *SILOS]:
                services.stop(name)
                services.start(name)
                self.healthy([name], 60)
                # nginx tries a gateway again a second after it was away.
                time.sleep(2 if name in GATEWAYS else 0)
        finally:
            over.set()
            asking.join()
        if failed or len(took) < 50:
            raise Failed(f"{len(failed)} of {len(took)} requests failed while all was started anew: {failed[:3]}")
        self.say(f"gateways and silos started anew, one by one: {len(took)} requests answered, {max(took):.2f} s at most")

    def stop(self):
        took = [self.services.stop(name) for name in ["nginx", *GATEWAYS, "bridge", "mosquitto", *SILOS, *REDIS]]
        self.say(f"all stopped with 0, in seconds of those that they have: {', '.join(took)}")
