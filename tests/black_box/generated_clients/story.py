"""A small story by a client that was generated from the API's document, and every event of
its streams held against the document's schemas."""

import json
import sys
import urllib.error
import urllib.request

from jsonschema import Draft202012Validator

from pizza_client import Client
from pizza_client.api.orders import (
    get_orders_id,
    post_orders,
    post_orders_id_cancel,
)
from pizza_client.models import (
    ConflictProblem,
    CreatedOrder,
    InvalidProblem,
    OrderState,
    OrderStatus,
    PostOrdersBodyType0,
    PostOrdersIdCancelBody,
    RequestedItem,
)

base, document = sys.argv[1], json.load(open(sys.argv[2]))
client = Client(base_url=base)


def valid(schema, value):
    components = {"components": document["components"]}
    Draft202012Validator(schema | components).validate(value)


def events(path, name, headers={}):
    """Events as the document has them; each is checked before it is told."""
    kinds = document["components"]["schemas"][name]["discriminator"]["mapping"]
    request = urllib.request.Request(base + path, headers=headers)
    fields = {}
    for line in urllib.request.urlopen(request, timeout=30):
        line = line.decode().rstrip("\n")
        if line:
            field, _, value = line.partition(":")
            fields[field] = value.removeprefix(" ")
            continue
        # One without an id says only that the stream lives.
        if "data" in fields and "id" in fields:
            event = {"id": fields["id"], "event": fields["event"], "data": fields["data"]}
            valid({"$ref": f"#/components/schemas/{name}"}, event)
            kind = kinds[event["event"]].rpartition("/")[2]
            schema = document["components"]["schemas"][kind]
            event["data"] = json.loads(event["data"])
            valid(schema["properties"]["data"]["contentSchema"], event["data"])
            yield event
        fields = {}


def wish(quantity):
    items = [RequestedItem(pizza_type="Margherita", quantity=quantity)]
    return PostOrdersBodyType0(customer_id="customer-1", items=items)


# The dashboard begins with what happens next.
dashboard = urllib.request.urlopen(f"{base}/api/dashboard/napoli/stream", timeout=30)
opening = [dashboard.readline().decode() for _ in range(2)]
assert opening[0] == "retry: 2000\n", opening
since = opening[1].removeprefix("id: ").strip()

made = post_orders.sync_detailed(client=client, body=wish(2), idempotency_key="story-in-python")
order = made.parsed
assert isinstance(order, CreatedOrder) and order.status == OrderStatus.CREATED, made
again = post_orders.sync_detailed(client=client, body=wish(2), idempotency_key="story-in-python")
assert again.parsed.order_id == order.order_id, again
assert again.parsed.tracking_key == order.tracking_key != "", again
assert again.headers["idempotency-replayed"] == "true", again.headers

read = get_orders_id.sync(client=client, id=order.order_id)
assert read.items[0].quantity == 2 and read.total_cents > 0, read

refused = post_orders.sync(client=client, body=wish(100))
assert isinstance(refused, InvalidProblem), refused
assert [error.pointer for error in refused.errors] == ["/items/0/quantity"], refused

body = PostOrdersIdCancelBody(reason="hunger")
cancelled = post_orders_id_cancel.sync(client=client, id=order.order_id, body=body)
assert cancelled.status == OrderStatus.CANCELLED, cancelled
late = post_orders_id_cancel.sync(client=client, id=order.order_id, body=PostOrdersIdCancelBody())
assert isinstance(late, (OrderState, ConflictProblem)), late

track = list(events(f"/api/orders/{order.order_id}/track", "OrderEvent"))
assert track[0]["data"]["status"] == "created", track
assert [event["event"] for event in track[-2:]] == ["status", "end"], track

# From any position on the same events come, and after the end there is nothing.
for at, event in enumerate(track[:-1]):
    rest = events(f"/api/orders/{order.order_id}/track", "OrderEvent", {"Last-Event-ID": event["id"]})
    assert list(rest) == track[at + 1 :], event
request = urllib.request.Request(
    f"{base}/api/orders/{order.order_id}/track", headers={"Last-Event-ID": track[-1]["id"]}
)
assert urllib.request.urlopen(request, timeout=30).status == 204

# And the restaurant heard of it.
told = []
for event in events("/api/dashboard/napoli/stream", "DashboardEvent", {"Last-Event-ID": since}):
    if event["data"].get("orderId") == order.order_id:
        told.append(event["data"]["status"])
    if told[-1:] == ["cancelled"]:
        break
assert told[0] == "created", told
print(f"told {len(track)} events")
