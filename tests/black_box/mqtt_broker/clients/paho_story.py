"""What an MQTT client may expect of a broker, told with paho-mqtt.

Prints as JSON what happened; the test knows what should have. The members are those of story.js.
"""

import argparse
import json
import ssl
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--mqtt", choices=["3.1.1", "5"], required=True)
parser.add_argument("--name", required=True)
parser.add_argument("--ca")
parser.add_argument("--websocket", action="store_true")
given = parser.parse_args()
IS_5 = given.mqtt == "5"
WAIT_S = 20


def topic(rest):
    return f"clients/{given.name}/{rest}"


def properties(kind, **values):
    if not IS_5:
        return None
    made = Properties(kind)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def until(what, holds):
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > WAIT_S:
            raise TimeoutError(f"waited in vain until {what}")
        time.sleep(0.01)


class Client:
    """A client that is connected, and what it has heard."""

    def __init__(self, name, clean=True, expiry=0, will=None):
        version = mqtt.MQTTv5 if IS_5 else mqtt.MQTTv311
        clean_session = None if IS_5 else clean
        transport = "websockets" if given.websocket else "tcp"
        self.mqtt = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=f"{given.name}-{name}",
            clean_session=clean_session,
            protocol=version,
            transport=transport,
            reconnect_on_failure=False,
        )
        if given.websocket:
            self.mqtt.ws_set_options(path="/mqtt")
        if given.ca:
            self.mqtt.tls_set(ca_certs=given.ca, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        if will:
            self.mqtt.will_set(topic(will), "gone", qos=1)
        self.heard, self.codes, self.code = [], {}, None
        self.connected = threading.Event()
        self.mqtt.on_connect = self.on_connect
        self.mqtt.on_message = self.on_message
        self.mqtt.on_subscribe = self.on_acknowledged
        self.mqtt.on_unsubscribe = self.on_acknowledged
        asked = {"clean_start": clean, "properties": properties(PacketTypes.CONNECT, SessionExpiryInterval=expiry)}
        self.mqtt.connect("localhost", given.port, keepalive=30, **(asked if IS_5 else {}))
        self.mqtt.loop_start()
        assert self.connected.wait(WAIT_S), "no CONNACK"

    def on_connect(self, client, userdata, flags, reason, given_properties):
        self.code, self.present = reason.value, flags.session_present
        self.alias_maximum = getattr(given_properties, "TopicAliasMaximum", 0)
        self.connected.set()

    def on_message(self, client, userdata, message):
        self.heard.append(message)

    def on_acknowledged(self, client, userdata, number, codes, given_properties):
        self.codes[number] = [code.value for code in codes]

    def acknowledged(self, number):
        until("it is acknowledged", lambda: number in self.codes)
        return self.codes[number]

    def subscribe(self, to, qos, identifier=None):
        if not IS_5:
            return self.acknowledged(self.mqtt.subscribe(to, qos)[1])
        asked = properties(PacketTypes.SUBSCRIBE)
        if identifier:
            asked.SubscriptionIdentifier = identifier
        sent = self.mqtt.subscribe(to, options=SubscribeOptions(qos=qos), properties=asked)
        return self.acknowledged(sent[1])

    def publish(self, to, payload, qos, retain=False, **values):
        sent = self.mqtt.publish(to, payload, qos, retain, properties(PacketTypes.PUBLISH, **values))
        sent.wait_for_publish(WAIT_S)
        assert sent.is_published(), f"{to} is not acknowledged"

    def on(self, rest):
        return [message for message in list(self.heard) if message.topic == topic(rest)]

    def hears(self, rest, count=1):
        until(f"{rest} is heard", lambda: len(self.on(rest)) >= count)
        return self.on(rest)

    def stop(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def dies(self):
        # Stopped first: its loop would end it properly.
        self.mqtt.loop_stop()
        self.mqtt.socket().close()


def shown(message):
    """A message, as story.js shows it."""
    all_of_it = {
        "topic": message.topic,
        "payload": message.payload.decode(),
        "qos": message.qos,
        "retain": message.retain,
        "properties": {},
    }
    got = message.properties if IS_5 else None
    if got is None:
        return all_of_it
    to = all_of_it["properties"]
    for pair in getattr(got, "UserProperty", []):
        to.setdefault("userProperties", []).append(list(pair))
    for theirs, ours in [
        ("ContentType", "contentType"),
        ("ResponseTopic", "responseTopic"),
        ("MessageExpiryInterval", "messageExpiryInterval"),
        ("PayloadFormatIndicator", "payloadFormatIndicator"),
    ]:
        if hasattr(got, theirs):
            to[ours] = getattr(got, theirs)
    if hasattr(got, "CorrelationData"):
        to["correlationData"] = got.CorrelationData.decode()
    if hasattr(got, "SubscriptionIdentifier"):
        to["subscriptionIdentifier"] = got.SubscriptionIdentifier
    return all_of_it


told = {}
first = Client("first")
told["connack"] = {"code": first.code}
told["granted"] = first.subscribe(topic("#"), 2, identifier=7)
for qos in range(3):
    first.publish(
        topic(f"qos{qos}"),
        f"at {qos}",
        qos,
        UserProperty=[("colour", "red"), ("sauce", "tomato"), ("sauce", "cream")],
        ContentType="text/plain",
        ResponseTopic=topic("answers"),
        CorrelationData=b"42",
        MessageExpiryInterval=60,
        PayloadFormatIndicator=1,
    )
told["published"] = [shown(message) for qos in range(3) for message in first.hears(f"qos{qos}")]
large = "x" * 100_000
first.publish(topic("large"), large, 1)
told["large"] = first.hears("large")[0].payload.decode() == large

first.publish(topic("kept"), "kept", 1, retain=True)
late = Client("late")
late.subscribe(topic("kept"), 1)
told["retained"] = shown(late.hears("kept")[0])
first.publish(topic("kept"), "", 1, retain=True)
late.stop()

Client("dying", will="will").dies()
told["will"] = shown(first.hears("will")[0])
Client("polite", will="no-will").stop()

before = Client("session", clean=False, expiry=300)
told["session"] = [before.present]
before.subscribe(topic("later"), 1)
before.stop()
first.publish(topic("later"), "while away", 1)
after = Client("session", clean=False, expiry=300)
told["session"] += [after.present, after.hears("later")[0].payload.decode()]
after.stop()

members = [Client("member-1"), Client("member-2")]
for member in members:
    member.subscribe(f"$share/{given.name}/{topic('shared')}", 1)
for number in range(10):
    first.publish(topic("shared"), str(number), 1)
until("all are shared out", lambda: sum(len(member.on("shared")) for member in members) >= 10)
told["shared"] = [len(member.on("shared")) for member in members]
told["sharedOnce"] = len({message.payload for member in members for message in member.on("shared")})
if IS_5:
    told["aliasMaximum"] = first.alias_maximum
    if first.alias_maximum > 0:
        first.publish(topic("alias"), "named", 1, TopicAlias=1)
        first.publish("", "by its number", 1, TopicAlias=1)
        told["alias"] = [message.payload.decode() for message in first.hears("alias", 2)]
    told["unsubscribed"] = [
        first.acknowledged(first.mqtt.unsubscribe(of)[1]) for of in (topic("#"), topic("nothing"))
    ]
told["noWill"] = len(first.on("no-will"))
for client in [first, *members]:
    client.stop()
print(json.dumps(told))
