//! `context`: who is asking whom, and when.

use pizza_types::ActorId;

use super::wit::context::{Host, Identity};
use crate::host_state::HostState;

fn identity(id: &ActorId) -> Identity {
    Identity {
        actor_type: id.actor_type().to_string(),
        key: id.key().to_string(),
    }
}

impl Host for HostState {
    fn self_id(&mut self) -> wasmtime::Result<Identity> {
        Ok(identity(&self.context()?.actor))
    }

    fn message_id(&mut self) -> wasmtime::Result<String> {
        Ok(self.context()?.message_id.to_string())
    }

    fn caller(&mut self) -> wasmtime::Result<Option<Identity>> {
        Ok(self.context()?.caller.as_ref().map(identity))
    }

    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.context()?.now_ms)
    }

    fn random(&mut self) -> wasmtime::Result<u64> {
        Ok(self.context()?.next_random())
    }

    fn trace_id(&mut self) -> wasmtime::Result<String> {
        let trace = self.context()?.trace.as_deref();
        Ok(trace.unwrap_or_default().to_owned())
    }
}
