// An actor that is not written in Rust: it remembers how often it has greeted whom.

import { selfId } from "silo:actor/context@0.1.0";
import { log } from "silo:actor/log@0.1.0";
import * as state from "silo:actor/state@0.1.0";

const SCHEMA = 1;

// Between turns the silo has the state, and another instance may get the next message: what
// is in a variable of this module is not to be relied on.
function load() {
    const snapshot = state.get();
    return snapshot ? JSON.parse(decode(snapshot.bytes)) : {};
}

function save(times) {
    state.set({ schema: SCHEMA, bytes: encode(JSON.stringify(times)) });
}

export const greeter = {
    // What is thrown is the error of the contract's `result`, and then nothing is saved.
    greet(name) {
        if (name.trim() === "") {
            throw "there is nobody to greet";
        }
        const times = load();
        times[name] = (times[name] ?? 0) + 1;
        save(times);
        const { key } = selfId();
        log("info", `${key} greets ${name}`);
        return { text: `Hello ${name}, says ${key}`, times: times[name] };
    },
};

export const greeterQueries = {
    greeted() {
        return Object.keys(load()).sort();
    },
};

export const lifecycle = {
    activate() {},
    deactivate() {},
    schema() {
        return SCHEMA;
    },
    migrate(fromSchema) {
        throw `state of schema ${fromSchema} has no migration`;
    },
};

// State is bytes, and this engine has neither TextEncoder nor TextDecoder.
function encode(text) {
    const utf8 = unescape(encodeURIComponent(text));
    return Uint8Array.from(utf8, (character) => character.charCodeAt(0));
}

function decode(bytes) {
    return decodeURIComponent(escape(String.fromCharCode(...bytes)));
}
