// A page of ours, over TLS in a real browser, with more event streams than HTTP/1.1 has
// connections for.
// usage: node streams.mjs HTTPS; prints how many are open beside each other, and what the page
// fetched then, by which protocol.
import { withBrowser } from "../common/chromium.mjs";

const [door] = process.argv.slice(2);
const STREAMS = 12;

await withBrowser({ options: ["--ignore-certificate-errors"] }, async (browser) => {
  const protocols = new Map();
  browser.on("Network.responseReceived", ({ response: { url, protocol } }) =>
    protocols.set(new URL(url).pathname, protocol));
  const page = await browser.open(`https://${door}/docs/`, (tell) => tell("Network.enable"));
  await page.evaluate(`
    window.streams = Array.from({ length: ${STREAMS} }, () =>
      new EventSource("/api/dashboard/napoli/stream"));
    0`);
  await page.until("all streams are open",
    "streams.every(({ readyState }) => readyState === EventSource.OPEN)");
  const status = await page.evaluate(`fetch("/api/restaurants").then(({ status }) => status)`);
  return { open: STREAMS, status, protocol: protocols.get("/api/restaurants") };
});
