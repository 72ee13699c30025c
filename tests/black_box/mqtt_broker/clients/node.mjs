// usage: node node.mjs MQTT_JS '{"url": ..., "version": 4 or 5, "name": ..., "ca": FILE}'
// Prints as JSON what story.js returns.
import { readFileSync } from "node:fs";

import { tell } from "./story.js";

const [library, given] = process.argv.slice(2);
const { default: mqtt } = await import(library);
const { ca, ...scene } = JSON.parse(given);
if (ca) scene.options = { ...scene.options, ca: readFileSync(ca) };
console.log(JSON.stringify(await tell(mqtt, scene)));
process.exit(0);
