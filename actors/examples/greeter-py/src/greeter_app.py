"""An actor that is not written in Rust: it remembers how often it has greeted whom."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import context, log, state
from wit_world.imports.examples_greeter_types import Greeting

SCHEMA = 1


# Between turns the silo has the state, and another instance may get the next message: what
# is in a variable of this module is not to be relied on.
def load() -> dict[str, int]:
    snapshot = state.get()
    return json.loads(snapshot.bytes) if snapshot else {}


def save(times: dict[str, int]) -> None:
    state.set(state.Snapshot(SCHEMA, json.dumps(times).encode()))


class Greeter(exports.Greeter):
    # `Err` is the error of the contract's `result`, and then nothing is saved.
    def greet(self, name: str) -> Greeting:
        if not name.strip():
            raise Err("there is nobody to greet")
        times = load()
        times[name] = times.get(name, 0) + 1
        save(times)
        key = context.self_id().key
        log.log(log.Level.INFO, f"{key} greets {name}")
        return Greeting(f"Hello {name}, says {key}", times[name])


class GreeterQueries(exports.GreeterQueries):
    def greeted(self) -> list[str]:
        return sorted(load())


class Lifecycle(exports.Lifecycle):
    # A state that cannot be read is found here, before anything relies on it.
    def activate(self) -> None:
        load()

    def deactivate(self) -> None:
        pass

    def schema(self) -> int:
        return SCHEMA

    def migrate(self, from_schema: int, bytes: bytes) -> bytes:
        raise Err(f"state of schema {from_schema} has no migration")
