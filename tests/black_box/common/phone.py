"""A driver's phone, as somebody else would write it: paho-mqtt and nothing of ours.

Says that its driver is available, tells so many positions at QoS 1, and returns when the
broker has acknowledged each. Prints what it saw, as JSON.
"""

import argparse
import json
import os
import ssl
import sys
import threading
import time

import paho.mqtt.client as mqtt

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--mqtt", choices=["3.1.1", "5"], required=True)
parser.add_argument("--driver", required=True)
parser.add_argument("--positions", type=int, default=0)
parser.add_argument("--order", help="wait until this order is ready, and tell its states")
parser.add_argument("--vanish", action="store_true", help="leave without a goodbye")
parser.add_argument("--ca")
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--user")
parser.add_argument("--password")
given = parser.parse_args()

version = mqtt.MQTTv5 if given.mqtt == "5" else mqtt.MQTTv311
client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2, client_id=f"paho-{given.driver}", protocol=version
)
if given.ca:
    client.tls_set(
        ca_certs=given.ca,
        certfile=given.certificate,
        keyfile=given.key,
        tls_version=ssl.PROTOCOL_TLS_CLIENT,
    )
if given.user:
    client.username_pw_set(given.user, given.password)
topic = f"pizza/drivers/{given.driver}"
client.will_set(f"{topic}/status", "offline", qos=1)

connected, ready = threading.Event(), threading.Event()
refused, states = [], []


def on_connect(client, userdata, flags, reason, properties):
    if reason.is_failure:
        refused.append(str(reason))
    elif given.order:
        client.subscribe(f"pizza/orders/{given.order}/events", qos=1)
    connected.set()


def on_message(client, userdata, message):
    state = json.loads(message.payload)["status"]
    if not states or states[-1] != state:
        states.append(state)
    if state == "ready":
        ready.set()


client.on_connect, client.on_message = on_connect, on_message
try:
    client.connect("localhost", given.port, keepalive=10)
except OSError as error:
    sys.exit(f"not connected: {error}")
client.loop_start()
if not connected.wait(10) or refused:
    sys.exit(f"not let in: {refused}")
told = [client.publish(f"{topic}/status", "available", qos=1)]
at_ms = 0
for number in range(1, given.positions + 1):
    # A phone's clock has milliseconds, and two positions are never of the same one.
    at_ms = max(at_ms + 1, time.time_ns() // 1_000_000)
    place = {"lat": 41 + number / 10_000, "lon": 12.5, "timestamp": at_ms}
    told.append(client.publish(f"{topic}/location", json.dumps(place), qos=1))
for message in told:
    message.wait_for_publish(30)
if given.order and not ready.wait(30):
    sys.exit(f"the order is not ready: {states}")
print(json.dumps({"acknowledged": sum(m.is_published() for m in told), "states": states}))
sys.stdout.flush()
if given.vanish:
    os._exit(0)
client.disconnect()
client.loop_stop()
