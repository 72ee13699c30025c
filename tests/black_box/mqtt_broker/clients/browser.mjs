// usage: node browser.mjs MQTT_JS_BUNDLE PORT '[{"url": ..., "version": 4 or 5, "name": ...}, ...]'
// The same in a real browser: PORT is where its page comes from. Prints as JSON what each scene
// came to.
import { readFileSync } from "node:fs";
import http from "node:http";

import { withBrowser } from "../../common/chromium.mjs";

const [bundle, port, given] = process.argv.slice(2);
const files = {
  "/": ["text/html", `<!doctype html><script src="/mqtt.js"></script>`],
  "/mqtt.js": ["text/javascript", readFileSync(bundle)],
  "/story.js": ["text/javascript", readFileSync(new URL("story.js", import.meta.url))],
};
http.createServer((request, answer) => {
  const [type, body] = files[request.url] ?? ["text/plain", ""];
  answer.writeHead(files[request.url] ? 200 : 404, { "content-type": type }).end(body);
}).listen(Number(port), "127.0.0.1");

const options = ["--ignore-certificate-errors"];
await withBrowser({ options }, async (browser) => {
  const page = await browser.open(`http://127.0.0.1:${port}/`);
  const told = [];
  for (const scene of JSON.parse(given)) {
    const expression = `import("/story.js").then(({ tell }) => tell(mqtt, ${JSON.stringify(scene)}))`;
    told.push(await page.evaluate(expression));
  }
  return told;
});
