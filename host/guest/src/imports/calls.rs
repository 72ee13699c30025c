//! `calls`: untyped messages to other actors.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{ActorId, CallError, Effect};

use super::wit::calls::{CallFailure, Host};
use super::{ahead, name, payload, reply, target};
use crate::error::GuestError;
use crate::host_state::HostState;
use crate::turn_context::Access;

impl Host for HostState {
    async fn call(
        &mut self,
        actor_type: String,
        key: String,
        method: String,
        arguments: String,
    ) -> wasmtime::Result<Result<String, CallFailure>> {
        let target = match ActorId::new(actor_type, key) {
            Ok(target) => target,
            Err(error) => return Ok(Err(failure(error.into()))),
        };
        // An untyped call names its target only now, so load could not check it.
        self.may_call(target.actor_type(), &method)?;
        let arguments = payload(self, "arguments", arguments)?;
        let reply = ask(self, target, method.into(), arguments).await?;
        Ok(reply
            .map(|reply| String::from_utf8_lossy(&reply).into_owned())
            .map_err(failure))
    }

    async fn ask(
        &mut self,
        actor_type: String,
        key: String,
        method: String,
        arguments: String,
    ) -> wasmtime::Result<Result<String, CallFailure>> {
        let clients = Arc::clone(&self.clients);
        let client = clients.iter().filter(|of| of.actor_type == actor_type);
        let mut functions = client.flat_map(|client| &client.functions);
        let function = functions.find(|of| !of.one_way && of.function.name == method);
        // The functions of the clients were granted at load, and others are not.
        let Some(function) = function else {
            let what = format!("a call without an imported client, {actor_type}.{method}");
            let words =
                format!("\"calls\": [\"{actor_type}.{method}\"], and its world for the client");
            return Err(self.stop(GuestError::not_granted(&what, &words)));
        };
        let target = target(self, &actor_type, &key)?;
        let arguments = payload(self, "arguments", arguments)?;
        let answer = ask(self, target, method.into(), arguments).await?;
        let limit = self.limits().transfer_bytes;
        let answer = answer.and_then(|answer| reply::checked(function, &answer, limit));
        Ok(answer.map_err(failure))
    }

    fn send(
        &mut self,
        actor_type: String,
        key: String,
        method: String,
        arguments: String,
    ) -> wasmtime::Result<()> {
        self.send_after(0, actor_type, key, method, arguments)
    }

    fn send_after(
        &mut self,
        delay_ms: u64,
        actor_type: String,
        key: String,
        method: String,
        arguments: String,
    ) -> wasmtime::Result<()> {
        self.may_call(&actor_type, &method)?;
        let effect = Effect::Send {
            target: target(self, &actor_type, &key)?,
            method: name(self, "this method name", method)?,
            arguments: payload(self, "arguments", arguments)?,
            delay_ms: ahead(self, "this message", "delay", delay_ms)?,
        };
        self.effect(effect)
    }
}

/// Asks another actor; the turn is suspended until the answer is there.
pub(super) async fn ask(
    host: &mut HostState,
    target: ActorId,
    method: Arc<str>,
    arguments: Bytes,
) -> wasmtime::Result<Result<Bytes, CallError>> {
    let context = host.context()?;
    if context.access == Access::TimersOnly {
        return Err(host.stop(GuestError::WriteFromQuery("call from activate")));
    }
    let calls = Arc::clone(&context.calls);
    let meter = Arc::clone(&host.meter);
    Ok(meter.elsewhere(calls.call(target, method, arguments)).await)
}

/// The failure of a call as a guest sees it: fewer kinds, by what the guest can do about them.
pub(super) fn failure(error: CallError) -> CallFailure {
    let detail = error.to_string();
    match error {
        CallError::Cycle { .. } => CallFailure::Cycle(detail),
        CallError::TooDeep { .. } => CallFailure::TooDeep(detail),
        CallError::Deadline { .. } => CallFailure::Deadline(detail),
        CallError::InvalidId(_)
        | CallError::UnknownType { .. }
        | CallError::UnknownMethod { .. }
        | CallError::BadArguments { .. }
        | CallError::MessageIdReused { .. }
        | CallError::Retired { .. } => CallFailure::BadRequest(detail),
        CallError::Failed { .. } => CallFailure::Failed(detail),
        // Nothing was done in any of them, and later is better.
        CallError::Overloaded { .. } | CallError::ShuttingDown | CallError::StorageFull { .. } => {
            CallFailure::Overloaded(detail)
        }
        // In some of these nothing was done, but not in all: a guest has to take all of them as
        // unsure.
        CallError::Moved
        | CallError::Unknown { .. }
        | CallError::Store { .. }
        | CallError::Unreachable { .. } => CallFailure::Unknown(detail),
    }
}

/// The name of the case, as the component model writes it.
pub(super) fn failure_case(failure: CallFailure) -> (&'static str, String) {
    match failure {
        CallFailure::Cycle(detail) => ("cycle", detail),
        CallFailure::TooDeep(detail) => ("too-deep", detail),
        CallFailure::Deadline(detail) => ("deadline", detail),
        CallFailure::BadRequest(detail) => ("bad-request", detail),
        CallFailure::Failed(detail) => ("failed", detail),
        CallFailure::Overloaded(detail) => ("overloaded", detail),
        CallFailure::Unknown(detail) => ("unknown", detail),
    }
}
