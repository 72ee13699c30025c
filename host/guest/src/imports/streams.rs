//! `streams`: durable events.

use pizza_types::Effect;

use super::wit::streams::Host;
use super::{name, payload};
use crate::host_state::HostState;

impl Host for HostState {
    fn publish(&mut self, stream: String, key: String, json: String) -> wasmtime::Result<()> {
        // `grant` has only checked that it may publish to some stream.
        self.may_publish(&stream)?;
        let effect = Effect::Publish {
            stream: name(self, "this stream name", stream)?,
            key: name(self, "this stream key", key)?,
            payload: payload(self, "an event", json)?,
        };
        self.effect(effect)
    }
}
