// node build.mjs COMPONENT: makes the component, out of src/ and wit/.
//
// The platform's contracts are put beside the actor's own, as `wit/deps` of a folder that goes
// again: here they are only once, in the checkout.

import { componentize } from "@bytecodealliance/componentize-js";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [component, source = ".", contracts = "../../../wit/silo"] = process.argv.slice(2);
if (!component) {
    console.error("usage: node build.mjs COMPONENT [SOURCE [CONTRACTS]]");
    process.exit(2);
}
const witPath = await mkdtemp(join(tmpdir(), "greeter-"));
try {
    await cp(join(source, "wit"), witPath, { recursive: true });
    await cp(contracts, join(witPath, "deps/silo"), { recursive: true });
    const made = await componentize({
        sourcePath: join(source, "src/greeter.js"),
        witPath,
        worldName: "greeter-actor",
        // An actor has no files and no network, and its time and chance come from the silo:
        // what is disabled here is not imported at all.
        disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
    });
    await writeFile(component, made.component);
} finally {
    await rm(witPath, { recursive: true });
}
