//! What an exported function does around the author's method. The macros call this.

use serde::de::DeserializeOwned;

use crate::calls::{CallError, CallFailure, Reply};
use crate::staged;
use crate::state::{self, State};
use crate::turn_export::Message;

/// Loads the state, runs the method, and saves what it changed unless it declined.
pub fn command<S: State, R>(
    run: impl FnOnce(&mut S) -> R,
    is_declined: impl FnOnce(&R) -> bool,
) -> R {
    #[cfg(not(target_arch = "wasm32"))]
    let checkpoint = crate::testing::checkpoint();
    let mut loaded = state::load::<S>();
    let reply = run(&mut loaded.state);
    // To decline is no failure: the reply goes out, and nothing else does.
    if !is_declined(&reply) {
        state::save_if_changed(&loaded);
        return reply;
    }
    // A silo drops what a declined command staged; so does the test host.
    #[cfg(not(target_arch = "wasm32"))]
    checkpoint.restore();
    reply
}

/// Loads the state and runs the method; nothing is ever saved.
pub fn query<S: State, R>(run: impl FnOnce(&S) -> R) -> R {
    run(&state::load::<S>().state)
}

/// A message through a generated client: it is staged in a turn that was handed over whole, with the
/// arguments by position, as the import would write them. Otherwise the import is to be called.
pub fn stages(
    actor_type: &str,
    key: &str,
    method: &str,
    arguments: impl FnOnce() -> String,
) -> bool {
    if !is_whole() {
        return false;
    }
    crate::host::calls::send(Message {
        actor_type: actor_type.to_owned(),
        key: key.to_owned(),
        method: method.to_owned(),
        arguments: arguments(),
        delay_ms: 0,
    });
    true
}

/// Whether the turn was handed over whole.
pub fn is_whole() -> bool {
    staged::with(|_| ()).is_some()
}

/// A question through a generated client to a function that cannot refuse, in a whole turn.
pub fn call<R: DeserializeOwned>(
    actor_type: &str,
    key: &str,
    method: &str,
    arguments: &str,
) -> Result<R, CallFailure> {
    let reply = crate::host::calls::ask(actor_type, key, method, arguments)?;
    // The host has checked it by the client's types.
    serde_json::from_str(&reply).map_err(|error| CallFailure::Failed(error.to_string()))
}

/// The same to a function that may refuse.
pub fn ask<T: DeserializeOwned, E: DeserializeOwned>(
    actor_type: &str,
    key: &str,
    method: &str,
    arguments: &str,
) -> Result<T, CallError<E>> {
    match call(actor_type, key, method, arguments)? {
        Reply::Ok(value) => Ok(value),
        Reply::Err(refusal) => Err(CallError::Refused(refusal)),
    }
}

/// What an import stages after this comes behind all that was staged before.
pub fn flush() {
    staged::flush_effects();
}

pub fn activate<S: State>() {
    state::load::<S>().state.activate();
}

pub fn deactivate<S: State>() {
    state::load::<S>().state.deactivate();
}

pub fn migrate<S: State>(from: u32, bytes: &[u8]) -> Result<Vec<u8>, String> {
    // Read and written again, so that the host keeps the layout of this module.
    state::read::<S>(from, bytes).map(|state| state::encode(&state))
}

/// Tells an `Err` from every other reply, through aliases of `Result` too: of the two
/// traits the compiler takes the one that needs one reference less.
pub struct Probe<'a, R>(pub &'a R);

pub trait Declines {
    fn is_declined(&self) -> bool;
}

impl<T, E> Declines for Probe<'_, Result<T, E>> {
    fn is_declined(&self) -> bool {
        self.0.is_err()
    }
}

pub trait NeverDeclines {
    fn is_declined(&self) -> bool {
        false
    }
}

impl<R> NeverDeclines for &Probe<'_, R> {}
