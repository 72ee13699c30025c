// A real browser's EventSource on an order's stream, through a relay that cuts it.
// usage: node browser.mjs CHROMIUM PIZZA ORDER, with the pizzeria's address
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

const profile = mkdtempSync(join(tmpdir(), "pizza-browser-"));
const browser = spawn(
  chromium,
  [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", `--user-data-dir=${profile}`, "--remote-debugging-pipe",
  ],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
let finished = false;
browser.on("exit", (code) => finished || fail(`the browser ended with ${code}`));
const late = setTimeout(() => fail("it took too long"), 90_000);

function end(code) {
  finished = true;
  clearTimeout(late);
  browser.once("exit", () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code);
  });
  if (!browser.kill("SIGKILL")) process.exit(code);
}

function fail(why) {
  console.error(`${why}; asked for the stream: ${JSON.stringify(asked)}`);
  end(1);
}

// The DevTools protocol: JSON, each message ended by a zero byte.
let count = 0;
const waiting = new Map();
let rest = "";
browser.stdio[4].on("data", (bytes) => {
  const messages = (rest + bytes.toString()).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  }
});
async function tell(method, params = {}, sessionId = undefined) {
  const id = ++count;
  browser.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  const answer = await new Promise((answered) => waiting.set(id, answered));
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

try {
  const { targetId } = await tell("Target.createTarget", { url: `${origin}/docs/` });
  const { sessionId } = await tell("Target.attachToTarget", { targetId, flatten: true });
  const evaluate = async (expression) => {
    const given = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await tell("Runtime.evaluate", given, sessionId);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  };
  const until = async (what, expression) => {
    while (!(await evaluate(expression))) {
      await evaluate("new Promise((on) => setTimeout(on, 20))");
      if (finished) throw new Error(`while waiting until ${what}`);
    }
  };
  await until("the page is there", `location.origin === ${JSON.stringify(origin)}`);
  await evaluate(`
    window.seen = [];
    window.stream = new EventSource(${JSON.stringify(path)});
    for (const kind of ["status", "driver", "eta", "gap", "end"]) {
      stream.addEventListener(kind, ({ lastEventId, data }) =>
        seen.push({ kind, id: lastEventId, status: JSON.parse(data).status }));
    }
    0`);
  await until("the first event came", "seen.length > 0");
  // Cut it off, and let the order end meanwhile.
  for (const connection of open) connection.destroy();
  const cancelled = await fetch(`http://${pizza}/api/orders/${order}/cancel`, { method: "POST" });
  if (!cancelled.ok) throw new Error(`cancelling: ${cancelled.status}`);
  await until("the stream is closed for good", "stream.readyState === EventSource.CLOSED");
  const seen = await evaluate("seen");
  console.log(JSON.stringify({ seen, asked }));
  end(0);
} catch (error) {
  fail(String(error));
}
