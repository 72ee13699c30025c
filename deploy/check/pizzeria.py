"""A client of the pizzeria: HTTP, event streams and MQTT, from an address that it chooses."""

import contextlib
import http.client
import json
import socket
import ssl
import time

import paho.mqtt.client as mqtt

from sandbox import Failed, until


class Https(http.client.HTTPSConnection):
    """Speaks to `address` in the name of localhost."""

    def __init__(self, address, port, source, ca):
        context = ssl.create_default_context(cafile=str(ca))
        super().__init__("localhost", port, context=context, timeout=20, source_address=(source, 0))
        self.address = address

    def connect(self):
        plain = socket.create_connection((self.address, self.port), self.timeout, self.source_address)
        self.sock = self._context.wrap_socket(plain, server_hostname="localhost")


class Client:
    def __init__(self, address, source, ca, secrets):
        self.address, self.source, self.ca, self.secrets = address, source, ca, secrets

    def token(self, role):
        return (self.secrets / f"token-{role}").read_text().strip()

    def connection(self, source=None):
        return Https(self.address, 8443, source or self.source, self.ca)

    def ask(self, method, path, role=None, body=None, headers=None, source=None):
        connection = self.connection(source)
        sent = {"authorization": f"Bearer {self.token(role)}"} if role else {}
        if body is not None:
            sent["content-type"] = "application/json"
        connection.request(method, path, body=None if body is None else json.dumps(body),
                           headers={**sent, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer, text

    def json(self, method, path, role, body=None, expected=200, headers=None):
        answer, text = self.ask(method, path, role, body, headers)
        if answer.status != expected:
            raise Failed(f"{method} {path}: {answer.status} instead of {expected}: {text[:500]}")
        return json.loads(text) if text else None

    def order(self):
        body = {"customerId": "customer-1", "pizzaType": "Margherita"}
        return self.json("POST", "/api/orders", "customer", body, 201)["orderId"]

    def follow(self, order):
        """The states of an order until it is ready, each with the time at which it came."""
        connection = self.connection()
        connection.request("GET", f"/api/orders/{order}/track",
                           headers={"authorization": f"Bearer {self.token('customer')}", "last-event-id": "0"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Failed(f"the stream of {order}: {answer.status} {answer.read()[:500]}")
        seen, event = [], None
        while not (seen and seen[-1][0] == "ready"):
            line = answer.readline().decode().strip()
            if line.startswith("event:"):
                event = line[6:].strip()
            elif line.startswith("data:") and event == "status":
                seen.append((json.loads(line[5:])["status"], time.monotonic()))
            elif not line and answer.isclosed():
                raise Failed(f"the stream of {order} ended after {seen}")
        connection.close()
        # All at once would mean that something in between has kept them.
        spread = seen[-1][1] - seen[0][1]
        if spread < 0.3:
            raise Failed(f"{len(seen)} events came within {spread:.3f} s: they are kept back")
        return seen

    def publish(self, topic, payload, user, password, address, port, transport="tcp"):
        """Publishes at QoS 1 and waits for the acknowledgement."""
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311, transport=transport)
        client.username_pw_set(user, password)
        if transport == "websockets":
            client.ws_set_options(path="/mqtt")
        context = ssl.create_default_context(cafile=str(self.ca))
        # It is reached by its address.
        context.check_hostname = False
        client.tls_set_context(context)
        came = []
        client.on_connect = lambda *arguments: came.append(str(arguments[3]))
        client.connect(address, port)
        client.loop_start()
        try:
            sent = client.publish(topic, payload, qos=1)
            sent.wait_for_publish(10)
            if not sent.is_published():
                raise Failed(f"{topic} was not acknowledged on port {port}: {came}")
        finally:
            client.disconnect()
            client.loop_stop()

    @contextlib.contextmanager
    def websocket(self, address, port, token, refused):
        """An open WebSocket to a gateway with a broker, whose client asks for more than it may hear."""
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, transport="websockets")
        client.username_pw_set("anybody", token)
        client.ws_set_options(path="/mqtt")
        answers = []
        client.on_subscribe = lambda *arguments: answers.append(arguments[3][0].value)
        client.connect(address, port)
        client.loop_start()
        try:
            until("the WebSocket to be open", 10, client.is_connected)
            client.subscribe(refused, qos=1)
            until(f"{refused} to be answered", 10, lambda: answers)
            if answers != [0x87]:
                raise Failed(f"a kitchen may hear {refused}: {answers}")
            yield
        finally:
            client.disconnect()
            client.loop_stop()
