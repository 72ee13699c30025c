// A client of HTTP/2 that writes frames by hand (RFC 9113, 6).
// usage: node frames.mjs HTTPS KIND
// Sends 20,000 of them, or as many as the server takes, and prints how many were answered and
// the error code of its GOAWAY, if it said that. KIND `requests` sends 2,000 requests instead,
// each with a PING and a WINDOW_UPDATE, and waits for each answer.
import http2 from "node:http2";
import tls from "node:tls";

const [address, kind] = process.argv.slice(2);
const [host, port] = address.split(":");
const COUNT = 20_000;
const AT_ONCE = 500;
const REQUESTS = 2_000;

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
const FLOODS = {
  ping: frame(6, 0, 0, Buffer.alloc(8)),
  settings: frame(4, 0, 0),
  priority: frame(2, 0, 1, Buffer.from([0, 0, 0, 0, 16])),
  window: frame(8, 0, 0, Buffer.from([0, 0, 0, 1])),
  "empty-data": frame(0, 0, 1),
  unknown: frame(0x77, 0, 0, Buffer.alloc(4)),
};

function report(told) {
  console.log(JSON.stringify(told));
  process.exit(0);
}

async function flood() {
  const socket = tls.connect({
    host, port: Number(port), ALPNProtocols: ["h2"], rejectUnauthorized: false,
  });
  const told = { goaway: null, answered: 0, closed: false };
  let rest = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type, flags] = [rest[3], rest[4]];
      if (type === 7) told.goaway = rest.readUInt32BE(9 + 4);
      if ((type === 6 || type === 4) && flags & 1) told.answered += 1;
      rest = rest.subarray(end);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => report({ ...told, closed: true }));
  await new Promise((secure) => socket.on("secureConnect", secure));
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(4, 0, 0));
  if (kind === "empty-data") {
    // An open request, whose body never gets anywhere: `:method: POST`, `:scheme: https`,
    // `:path: /api/orders`, `:authority: localhost` (RFC 7541, without Huffman codes).
    const literal = (index, text) =>
      Buffer.concat([Buffer.from([index, text.length]), Buffer.from(text)]);
    const block = [Buffer.from([0x83, 0x87]), literal(0x04, "/api/orders"), literal(0x01, "localhost")];
    socket.write(frame(1, 4, 1, Buffer.concat(block)));
  }
  const many = Buffer.concat(Array(AT_ONCE).fill(FLOODS[kind]));
  for (let sent = 0; sent < COUNT && !socket.destroyed && told.goaway === null; sent += AT_ONCE) {
    await new Promise((on) => socket.write(many, on));
  }
  setTimeout(() => report(told), 5_000);
}

async function requests() {
  const session = http2.connect(`https://${address}`, { rejectUnauthorized: false });
  const told = { goaway: null, answered: 0 };
  session.on("goaway", (code) => { told.goaway = code; report(told); });
  session.on("error", () => report(told));
  for (let sent = 0; sent < REQUESTS; sent += 50) {
    await Promise.all(Array.from({ length: 50 }, async () => {
      session.ping(() => {});
      const stream = session.request({ ":path": "/health/live", ":authority": "localhost" });
      const [headers] = await Promise.all([
        new Promise((on) => stream.on("response", on)),
        new Promise((on) => stream.on("end", on).resume()),
      ]);
      if (headers[":status"] === 200) told.answered += 1;
    }));
  }
  session.close();
  report(told);
}

await (kind === "requests" ? requests() : flood());
