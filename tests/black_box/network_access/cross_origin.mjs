// Web pages that are not the pizzeria's, in a real browser, try to command it.
// usage: node strangers.mjs PAGES HTTP HTTPS ADMIN
// PAGES is the port that the strange pages come from; the others are the doors' addresses.
// Prints for each try whether it had an effect.
import http from "node:http";

import { withBrowser } from "../common/chromium.mjs";

const [pages, door, secureDoor, adminDoor] = process.argv.slice(2);
const pizza = `http://${door}`;
const secure = `https://${secureDoor}`;
const admin = `http://${adminDoor}`;
const strange = `http://strange.example:${pages}`;
const neighbour = `http://127.0.0.1:${pages}`;
// A name of the stranger's that leads here: what is called rebinding.
const rebound = `http://rebound.example:${door.split(":")[1]}`;

// The stranger's server: empty pages, and one that sends on to whatever it is told.
http.createServer((request, answer) => {
  const to = new URL(request.url, strange).searchParams.get("to");
  if (to) return answer.writeHead(307, { location: to, "access-control-allow-origin": "*" }).end();
  answer.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>hello</title>");
}).listen(Number(pages), "127.0.0.1");

// A program of the pizzeria's owner, which sends nothing that a browser would.
async function own(path, body, method = body === undefined ? "GET" : "POST") {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const answer = await fetch(pizza + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

let orders = 0;
async function ordered() {
  const customerId = `customer-${++orders}`;
  return (await own("/api/orders", { customerId, pizzaType: "Margherita" })).orderId;
}

// All that was refused at the front doors so far.
async function refusals() {
  const text = await (await fetch(`${pizza}/metrics`)).text();
  const lines = text.matchAll(/^pizza_http_requests_total\{.*status="4\d\d"\} (\d+)/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

const wasCancelled = async (id) => (await own(`/api/orders/${id}`)).status === "cancelled";
const hasThreshold = async (quantity) =>
  (await own("/api/inventory/napoli")).stock.some(({ threshold }) => threshold === quantity);
const rests = async (chef) => !(await own(`/api/actors/chef/${chef}/get`, [])).onShift;
const hasOrdered = async (customer) => {
  const { orders } = await own("/api/restaurants/napoli/orders?limit=100");
  return orders.some(({ customerId }) => customerId === customer);
};
const text = (value) => JSON.stringify(value);
const inFrame = (attributes, html) =>
  `{ const frame = document.createElement("iframe");
     ${attributes} frame.srcdoc = ${text(html).replaceAll("</", "<\\/")};
     document.body.append(frame); }`;
const form = (url, enctype = "application/x-www-form-urlencoded", head = "") =>
  `${head}<form method=post action="${url}" enctype="${enctype}"></form>` +
  `<script>document.forms[0].submit()</script>`;
// Leaves in the page whether anything came.
const hears = (open) => `{ window.heard = false; ${open} }`;
const streams = (url) =>
  hears(`const stream = new EventSource(${text(url)});
     stream.onopen = () => { heard = true; stream.close(); };`);

// Each: a name, what the page does with the subject, and whether it had an effect.
const cancels = (name, act) => ({ name, subject: ordered, act, effect: wasCancelled });
const cancel = (id, at = pizza) => `${at}/api/orders/${id}/cancel`;
const orderOf = (customerId) => text(text({ customerId, pizzaType: "Margherita" }));
const creates = (name, customer, act) =>
  ({ name, subject: async () => customer, act, effect: hasOrdered });
const listens = (name, act) =>
  ({ name, subject: ordered, act, effect: (_, page) => page.evaluate("window.heard") });
const post = (url, more = "") => `fetch(${text(url)}, { method: "POST", mode: "no-cors"${more} })`;

const tries = [
  cancels("a body-less POST", (id) => post(cancel(id))),
  cancels("a body-less POST that outlives its page", (id) => post(cancel(id), ", keepalive: true")),
  cancels("a POST with a password", (id) => post(cancel(id), `, credentials: "include"`)),
  cancels("XMLHttpRequest", (id) =>
    `{ const request = new XMLHttpRequest(); request.open("POST", ${text(cancel(id))}); request.send(); }`),
  cancels("a beacon", (id) => `navigator.sendBeacon(${text(cancel(id))})`),
  cancels("a form", (id) => inFrame("", form(cancel(id)))),
  cancels("a form of plain text", (id) => inFrame("", form(cancel(id), "text/plain"))),
  cancels("a form of several parts", (id) => inFrame("", form(cancel(id), "multipart/form-data"))),
  cancels("a form that tells no origin", (id) =>
    inFrame("", form(cancel(id), "text/plain", `<meta name=referrer content=no-referrer>`))),
  cancels("a page without an origin", (id) =>
    inFrame(`frame.sandbox = "allow-scripts";`, `<script>${post(cancel(id))}</script>`)),
  cancels("a form in a page without an origin", (id) =>
    inFrame(`frame.sandbox = "allow-scripts allow-forms";`, form(cancel(id)))),
  cancels("a redirection", (id) =>
    post(`${strange}/?to=${encodeURIComponent(cancel(id))}`)),
  cancels("the door with TLS", (id) => post(cancel(id, secure))),
  cancels("another name for this machine", (id) =>
    post(cancel(id, pizza.replace("127.0.0.1", "localhost")))),
  cancels("a page of another port", (id) => post(cancel(id))),
  { name: "an actor's method", subject: async () => "napoli.1", effect: rests,
    act: (chef) => post(`${pizza}/api/actors/chef/${chef}/clock-out`) },
  { name: "a PUT", subject: async () => 77, effect: hasThreshold, act: (quantity) =>
    `fetch(${text(`${pizza}/api/inventory/napoli/thresholds`)}, { method: "PUT",
       headers: { "content-type": "application/json" },
       body: '{"thresholds":[{"ingredient":"dough","quantity":${quantity}}]}' })` },
  { name: "a DELETE", subject: async () => "napoli.2", effect: rests,
    act: (chef) => `fetch(${text(`${pizza}/api/kitchen/napoli/chefs/${chef.split(".")[1]}`)}, { method: "DELETE" })` },
  creates("an order in plain text", "plain", (customer) =>
    post(`${pizza}/api/orders`, `, body: ${orderOf(customer)}`)),
  creates("an order as JSON", "json", (customer) =>
    `fetch(${text(`${pizza}/api/orders`)}, { method: "POST",
       headers: { "content-type": "application/json" }, body: ${orderOf(customer)} })`),
  creates("an order by a name that leads here", "rebound", (customer) =>
    `fetch("/api/orders", { method: "POST",
       headers: { "content-type": "application/json" }, body: ${orderOf(customer)} })`),
  listens("what is for sale, by a name that leads here", () =>
    hears(`fetch("/api/restaurants").then((answer) => { heard = answer.ok; });`)),
  listens("an order's events, by a name that leads here", (id) => streams(`/api/orders/${id}/track`)),
  listens("an order's events", (id) => streams(`${pizza}/api/orders/${id}/track`)),
  listens("the dashboard's events", () => streams(`${pizza}/api/dashboard/napoli/stream`)),
  listens("the dashboard's events without saying so", () =>
    hears(`fetch(${text(`${pizza}/api/dashboard/napoli/stream`)}, { headers: { accept: "*/*" } })
       .then(() => { heard = true; });`)),
  listens("a socket", () =>
    hears(`new WebSocket(${text(`${pizza.replace("http", "ws")}/nothing`)}).onopen = () => { heard = true; };`)),
  listens("MQTT", () =>
    hears(`new WebSocket(${text(`${pizza.replace("http", "ws")}/mqtt`)}, "mqtt").onopen = () => { heard = true; };`)),
  listens("MQTT, by a name that leads here", () =>
    hears(`new WebSocket("ws://" + location.host + "/mqtt", "mqtt").onopen = () => { heard = true; };`)),
  cancels("the operators' door", (id) => post(cancel(id, admin))),
];

async function attempt(page, { name, subject, act, effect }) {
  const of = await subject();
  const before = await refusals();
  await page.evaluate(`(async () => { ${act(of)} })().catch(() => {}); 0`);
  // What it comes to: refused at a front door, or it had an effect. The operators' door
  // does not count what it refuses.
  const answered = async () => (await refusals()) > before;
  const asked = Date.now();
  let had = false;
  while (!(had = await effect(of, page)) && !(await answered())) {
    if (name === "the operators' door" && Date.now() - asked > 500) break;
    await new Promise((on) => setTimeout(on, 20));
  }
  return { of, page, had };
}

const options = [
  "--host-resolver-rules=MAP *.example 127.0.0.1", "--ignore-certificate-errors",
  // A browser's own guard of this machine, which older ones and other ones do not have.
  "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
];
let done = [];
const told = () => `so far: ${text(done.map(({ name }) => name))}`;
await withBrowser({ options, told }, async (browser) => {
  const stranger = await browser.open(`${strange}/`);
  const nearby = await browser.open(`${neighbour}/`);
  // The stranger's page, as if it had come from the address that the name led to before.
  const before = await browser.open(`${rebound}/`, async (told) => {
    browser.on("Fetch.requestPaused", ({ requestId }) => told("Fetch.fulfillRequest", {
      requestId, responseCode: 200, body: Buffer.from("<!doctype html>").toString("base64"),
      responseHeaders: [{ name: "content-type", value: "text/html" }],
    }));
    await told("Fetch.enable", { patterns: [{ urlPattern: `${rebound}/`, resourceType: "Document" }] });
  });
  for (const one of tries) {
    let page = stranger;
    if (one.name === "a page of another port") page = nearby;
    if (one.name.includes("a name that leads here")) page = before;
    done.push({ ...one, ...(await attempt(page, one)) });
  }
  // Whatever is still on its way has come before an order that was made later.
  const last = await ordered();
  while (!(await hasOrdered(`customer-${orders}`))) await new Promise((on) => setTimeout(on, 20));
  await own(`/api/orders/${last}`);
  const effects = [];
  for (const { name, of, page, effect, had } of done) {
    // What the page heard, it forgets with its next try.
    if (had || (await effect(of, page))) effects.push(name);
  }
  return { tried: done.map(({ name }) => name), effects, refused: await refusals() };
});
