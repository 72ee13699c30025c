// A small story by a client that was generated from the API's document: what compiles here is
// what the document promises, and what runs is what the service does.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; exit(code: number): never };

type Schemas = components["schemas"];
type OrderEvent = Schemas["OrderEvent"];

const base = process.argv[2] ?? "";
const client = createClient<paths>({ baseUrl: base });

function check(holds: boolean, what: string): asserts holds {
  if (!holds) {
    console.error(`not so: ${what}`);
    process.exit(1);
  }
}

/** All events of an order's stream, by the types that the document has for them. */
async function* track(orderId: string): AsyncGenerator<OrderEvent> {
  const response = await fetch(`${base}/api/orders/${orderId}/track`);
  check(response.status === 200 && response.body !== null, "the stream is open");
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) =>
        block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [id, event, data] = [field("id"), field("event"), field("data")];
      if (id !== undefined && event !== undefined && data !== undefined) {
        yield { id, event, data } as OrderEvent;
      }
    }
  }
}

const key = { "Idempotency-Key": "story-in-typescript" };
const wish = {
  customerId: "customer-1",
  items: [{ pizzaType: "Margherita", quantity: 2 }],
  deliveryAddress: "Via dei Tribunali 32",
};
const made = await client.POST("/api/orders", { params: { header: key }, body: wish });
check(made.data !== undefined, `an order is made: ${JSON.stringify(made.error)}`);
const order: components["schemas"]["OrderState"] = made.data;
check(order.status === "created" && order.totalCents > 0, "it is created, at a price");

const read = await client.GET("/api/orders/{id}", { params: { path: { id: order.orderId } } });
check(read.data?.items[0]?.quantity === 2, "it is what was wished for");

// All that is wrong, typed by the kind of problem.
const wrong = await client.POST("/api/orders", {
  body: { customerId: "a b", items: [{ pizzaType: "", quantity: 100 }] },
});
check(wrong.response.status === 422, "a wish beyond the bounds is refused");
check(wrong.error?.type === "urn:awesome-pizza:problem:invalid", "as invalid");
const pointers = wrong.error.errors?.map((error) => error.pointer).sort();
check(
  JSON.stringify(pointers) ===
    JSON.stringify(["/customerId", "/items/0/pizzaType", "/items/0/quantity"]),
  `each mistake has its place: ${JSON.stringify(pointers)}`,
);

const path = { id: order.orderId };
await client.POST("/api/orders/{id}/cancel", { params: { path }, body: { reason: "hunger" } });
const seen: string[] = [];
for await (const event of track(order.orderId)) {
  switch (event.event) {
    case "status":
      seen.push((JSON.parse(event.data) as Schemas["OrderStatusData"]).status);
      break;
    case "end":
      seen.push(`end of ${(JSON.parse(event.data) as Schemas["OrderEndData"]).orderId}`);
      break;
    case "gap": {
      const gap: Schemas["OrderGapData"] = JSON.parse(event.data);
      check(gap.oldest > gap.asked, "a gap has a size");
      break;
    }
    case "driver":
    case "eta":
    case "time":
      break;
    default:
      // Whatever else there were would have a type here.
      ((never: never) => check(false, `an event without a type: ${never}`))(event);
  }
}
check(seen[0] === "created" && seen.at(-2) === "cancelled", `its course is told: ${seen}`);
check(seen.at(-1) === `end of ${order.orderId}`, "and its end");
console.log(`told ${seen.length} events`);
