// A real browser, told what to do by the DevTools protocol over a pipe.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const QUIET = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-dev-shm-usage", "--remote-debugging-pipe",
];
const LATE_MS = 180_000;

// Opens one, lets `work` use it, prints what that returns as JSON, and ends the process.
// `told` gives what else helps whoever reads of a failure.
export async function withBrowser({ chromium = "chromium", options = [], told = () => "" }, work) {
  const profile = mkdtempSync(join(tmpdir(), "pizza-browser-"));
  const flags = [...QUIET, ...options, `--user-data-dir=${profile}`];
  const browser = spawn(chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  let finished = false;
  const end = (code) => {
    finished = true;
    clearTimeout(late);
    browser.once("exit", () => {
      try {
        rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      } catch {
        // Processes of the browser's own may outlive it, and write once more.
      }
      process.exit(code);
    });
    if (!browser.kill("SIGKILL")) process.exit(code);
  };
  const fail = (why) => {
    console.error(`${why}; ${told()}`);
    end(1);
  };
  const late = setTimeout(() => fail("it took too long"), LATE_MS);
  browser.on("exit", (code) => finished || fail(`the browser ended with ${code}`));

  try {
    const result = await work(connected(browser, () => finished));
    console.log(JSON.stringify(result));
    end(0);
  } catch (error) {
    fail(error.stack ?? String(error));
  }
}

// JSON, each message ended by a zero byte.
function connected(browser, isFinished) {
  let count = 0;
  const waiting = new Map();
  const listening = new Map();
  let rest = "";
  browser.stdio[4].on("data", (bytes) => {
    const messages = (rest + bytes.toString()).split("\0");
    rest = messages.pop();
    for (const message of messages.map((text) => JSON.parse(text))) {
      if (message.id === undefined) listening.get(message.method)?.(message.params);
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  const tell = async (method, params = {}, sessionId = undefined) => {
    const id = ++count;
    browser.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const answer = await new Promise((answered) => waiting.set(id, answered));
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  };
  const on = (event, listener) => listening.set(event, listener);

  // A tab at this address; it has arrived when its origin is that of the address.
  const open = async (url, prepare = async () => {}) => {
    const { targetId } = await tell("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await tell("Target.attachToTarget", { targetId, flatten: true });
    const told = (method, params) => tell(method, params, sessionId);
    await prepare(told);
    await told("Page.navigate", { url });
    const evaluate = async (expression) => {
      const given = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await told("Runtime.evaluate", given);
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
      return result.value;
    };
    const until = async (what, expression) => {
      while (!(await evaluate(expression))) {
        await new Promise((on) => setTimeout(on, 20));
        if (isFinished()) throw new Error(`while waiting until ${what}`);
      }
    };
    const { origin } = new URL(url);
    await until("the page is there", `location.origin === ${JSON.stringify(origin)} && document.readyState === "complete"`);
    return { evaluate, until };
  };
  return { open, on, tell };
}
