// A real browser's EventSource on an order's stream, through a relay that cuts it.
// usage: node browser.mjs CHROMIUM PIZZA ORDER, with the pizzeria's address
import net from "node:net";

import { withBrowser } from "../common/chromium.mjs";

const [chromium, pizza, order] = process.argv.slice(2);
const [host, port] = pizza.split(":");
const path = `/api/orders/${order}/track`;

// The relay: counts who asks for the stream, and from where on.
const asked = [];
const open = new Set();
const relay = net.createServer((inside) => {
  const outside = net.connect(Number(port), host);
  open.add(inside);
  inside.on("data", (bytes) => {
    const head = bytes.toString("latin1");
    if (head.startsWith(`GET ${path} `)) {
      const last = /^last-event-id: (.*)$/im.exec(head);
      asked.push(last ? last[1].trim() : "");
    }
    outside.write(bytes);
  });
  outside.on("data", (bytes) => inside.write(bytes));
  for (const [one, other] of [[inside, outside], [outside, inside]]) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
  inside.on("close", () => open.delete(inside));
});
await new Promise((listening) => relay.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${relay.address().port}`;

const told = () => `asked for the stream: ${JSON.stringify(asked)}`;
await withBrowser({ chromium, told }, async (browser) => {
  const page = await browser.open(`${origin}/docs/`);
  await page.evaluate(`
    window.seen = [];
    window.stream = new EventSource(${JSON.stringify(path)});
    for (const kind of ["status", "driver", "eta", "gap", "end"]) {
      stream.addEventListener(kind, ({ lastEventId, data }) =>
        seen.push({ kind, id: lastEventId, status: JSON.parse(data).status }));
    }
    0`);
  await page.until("the first event came", "seen.length > 0");
  // Cut it off, and let the order end meanwhile.
  for (const connection of open) connection.destroy();
  const cancelled = await fetch(`http://${pizza}/api/orders/${order}/cancel`, { method: "POST" });
  if (!cancelled.ok) throw new Error(`cancelling: ${cancelled.status}`);
  await page.until("the stream is closed for good", "stream.readyState === EventSource.CLOSED");
  return { seen: await page.evaluate("seen"), asked };
});
