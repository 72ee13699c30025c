"""The part of story.js that aiomqtt has words for, which waits where paho-mqtt calls back."""

import argparse
import asyncio
import json
import socket
import ssl

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--mqtt", choices=["3.1.1", "5"], required=True)
parser.add_argument("--name", required=True)
parser.add_argument("--ca")
given = parser.parse_args()
IS_5 = given.mqtt == "5"
WAIT_S = 20


def topic(rest):
    return f"clients/{given.name}/{rest}"


def client(name, clean=True, will=None):
    session = {"clean_session": clean}
    if IS_5:
        asked = Properties(PacketTypes.CONNECT)
        asked.SessionExpiryInterval = 0 if clean else 300
        session = {"clean_start": clean, "properties": asked}
    return aiomqtt.Client(
        "localhost",
        given.port,
        identifier=f"{given.name}-{name}",
        protocol=aiomqtt.ProtocolVersion.V5 if IS_5 else aiomqtt.ProtocolVersion.V311,
        tls_context=ssl.create_default_context(cafile=given.ca) if given.ca else None,
        will=aiomqtt.Will(topic(will), "gone", qos=1) if will else None,
        **session,
    )


async def hears(of, rest):
    async with asyncio.timeout(WAIT_S):
        async for message in of.messages:
            if message.topic.matches(topic(rest)):
                return {
                    "topic": str(message.topic),
                    "payload": message.payload.decode(),
                    "qos": message.qos,
                    "retain": bool(message.retain),
                }


async def main():
    told = {}
    async with client("first") as first:
        granted = await first.subscribe(topic("#"), qos=2)
        told["granted"] = [getattr(code, "value", code) for code in granted]
        told["published"] = []
        for qos in range(3):
            await first.publish(topic(f"qos{qos}"), f"at {qos}", qos=qos)
            told["published"].append(await hears(first, f"qos{qos}"))
        await first.publish(topic("kept"), "kept", qos=1, retain=True)
        async with client("late") as late:
            await late.subscribe(topic("kept"), qos=1)
            told["retained"] = await hears(late, "kept")
        await first.publish(topic("kept"), "", qos=1, retain=True)
        try:
            async with client("dying", will="will") as dying:
                dying._client.socket().shutdown(socket.SHUT_RDWR)
                async for _ in dying.messages:
                    pass
        except aiomqtt.MqttError:
            pass  # It hears that it has no connection any more.
        told["will"] = await hears(first, "will")
        async with client("session", clean=False) as before:
            await before.subscribe(topic("later"), qos=1)
        await first.publish(topic("later"), "while away", qos=1)
        async with client("session", clean=False) as after:
            told["session"] = await hears(after, "later")
    print(json.dumps(told))


asyncio.run(main())
