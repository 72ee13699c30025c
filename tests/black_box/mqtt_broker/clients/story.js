// What an MQTT client may expect of a broker, told with MQTT.js: in Node over TCP, TLS and
// WebSocket, and in a page of a browser, where the library is in a file of its own.
// Returns what happened; the test knows what should have.
export async function tell(mqtt, { url, version, name, options = {} }) {
  const is5 = version === 5;
  const topic = (rest) => `clients/${name}/${rest}`;
  const open = [];
  const connect = async (id, more = {}) => {
    const client = mqtt.connect(url, {
      protocolVersion: version, clientId: `${name}-${id}`, reconnectPeriod: 0,
      connectTimeout: 10_000, ...options, ...more,
    });
    open.push(client);
    client.heard = [];
    client.on("message", (of, payload, packet) => client.heard.push({
      topic: of, payload: new TextDecoder().decode(payload), qos: packet.qos,
      retain: packet.retain, properties: plain(packet.properties),
    }));
    client.connack = await new Promise((done, failed) => {
      client.once("connect", done);
      client.once("error", failed);
      client.once("close", () => failed(new Error("closed before it was connected")));
    });
    return client;
  };
  // What JSON has no words for.
  const plain = (properties = {}) => ({
    ...properties,
    ...(properties.correlationData && {
      correlationData: new TextDecoder().decode(properties.correlationData),
    }),
  });
  const until = async (what, holds) => {
    const begun = Date.now();
    while (!holds()) {
      if (Date.now() - begun > 20_000) throw new Error(`waited in vain until ${what}`);
      await new Promise((on) => setTimeout(on, 10));
    }
  };
  const on = (client, of) => client.heard.filter((message) => message.topic === topic(of));
  const heard = async (client, of, count = 1) => {
    await until(`${of} is heard`, () => on(client, of).length >= count);
    return on(client, of);
  };
  const gone = (client) => new Promise((done) => client.end(false, {}, done));
  const told = {};

  const first = await connect("first", is5 ? { properties: { receiveMaximum: 20 } } : {});
  told.connack = { code: first.connack.reasonCode ?? first.connack.returnCode };
  const subscribed = await first.subscribeAsync(topic("#"), {
    qos: 2, ...(is5 && { properties: { subscriptionIdentifier: 7 } }),
  });
  told.granted = subscribed.map(({ qos }) => qos);

  const properties = is5 && {
    userProperties: { colour: "red", sauce: ["tomato", "cream"] }, contentType: "text/plain",
    responseTopic: topic("answers"), correlationData: new TextEncoder().encode("42"),
    messageExpiryInterval: 60, payloadFormatIndicator: true,
  };
  const buffer = (from) => (typeof Buffer === "undefined" ? from : Buffer.from(from));
  if (properties) properties.correlationData = buffer(properties.correlationData);
  for (const qos of [0, 1, 2]) {
    await first.publishAsync(topic(`qos${qos}`), `at ${qos}`, { qos, ...(is5 && { properties }) });
  }
  told.published = [];
  for (const qos of [0, 1, 2]) told.published.push(...(await heard(first, `qos${qos}`)));
  const large = "x".repeat(100_000);
  await first.publishAsync(topic("large"), large, { qos: 1 });
  told.large = (await heard(first, "large"))[0].payload === large;

  await first.publishAsync(topic("kept"), "kept", { qos: 1, retain: true });
  const late = await connect("late");
  await late.subscribeAsync(topic("kept"), { qos: 1 });
  told.retained = (await heard(late, "kept"))[0];
  await first.publishAsync(topic("kept"), "", { qos: 1, retain: true });
  await gone(late);

  const will = { topic: topic("will"), payload: "gone", qos: 1, retain: false };
  const dying = await connect("dying", { will });
  dying.stream.destroy();
  told.will = (await heard(first, "will"))[0];
  const polite = await connect("polite", { will: { ...will, topic: topic("no-will") } });
  await gone(polite);

  const session = { clean: false, ...(is5 && { properties: { sessionExpiryInterval: 300 } }) };
  const before = await connect("session", session);
  told.session = [before.connack.sessionPresent];
  await before.subscribeAsync(topic("later"), { qos: 1 });
  await gone(before);
  await first.publishAsync(topic("later"), "while away", { qos: 1 });
  const after = await connect("session", session);
  told.session.push(after.connack.sessionPresent, (await heard(after, "later"))[0].payload);
  await gone(after);

  const members = [await connect("member-1"), await connect("member-2")];
  for (const member of members) {
    await member.subscribeAsync(`$share/${name}/${topic("shared")}`, { qos: 1 });
  }
  for (let n = 0; n < 10; n++) await first.publishAsync(topic("shared"), `${n}`, { qos: 1 });
  await until("all are shared out", () => members.flatMap((m) => on(m, "shared")).length >= 10);
  told.shared = members.map((member) => on(member, "shared").length);
  told.sharedOnce = new Set(members.flatMap((m) => on(m, "shared")).map((m) => m.payload)).size;

  if (is5) {
    told.aliasMaximum = first.connack.properties?.topicAliasMaximum ?? 0;
    if (told.aliasMaximum > 0) {
      const alias = { qos: 1, properties: { topicAlias: 1 } };
      await first.publishAsync(topic("alias"), "named", alias);
      await first.publishAsync("", "by its number", alias);
      told.alias = (await heard(first, "alias", 2)).map(({ payload }) => payload);
    }
  }
  told.noWill = on(first, "no-will").length;
  for (const client of open) if (client.connected) await gone(client);
  return told;
}
