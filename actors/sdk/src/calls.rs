//! Untyped messages to other actors, for targets that are known only at run time.
//! The clients that `actor!` generates are the usual way. Arguments are an object,
//! parameter by parameter, in camel case; methods are named as in WIT (`update-status`).

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use crate::bindings::silo::actor::types::CallFailure;
use crate::host::calls as host;
use crate::turn_export::Message;

/// Why a call gave no value.
#[derive(Clone, Debug, PartialEq)]
pub enum CallError<E> {
    /// The target declined, and has changed nothing.
    Refused(E),
    /// The target gave no answer of its own.
    Call(CallFailure),
}

/// Asks a function that cannot refuse, and waits.
pub fn call<A, R>(
    actor_type: &str,
    key: &str,
    method: &str,
    arguments: &A,
) -> Result<R, CallFailure>
where
    A: Serialize + ?Sized,
    R: DeserializeOwned,
{
    let reply = host::call(actor_type, key, method, &to_json(arguments))?;
    serde_json::from_str(&reply).map_err(|error| {
        // A module with another contract has answered: to ask again would not help.
        CallFailure::BadRequest(format!(
            "the reply of {actor_type}.{method} is another type: {error}"
        ))
    })
}

/// Asks a function that returns a `result`, and waits.
pub fn ask<A, T, E>(
    actor_type: &str,
    key: &str,
    method: &str,
    arguments: &A,
) -> Result<T, CallError<E>>
where
    A: Serialize + ?Sized,
    T: DeserializeOwned,
    E: DeserializeOwned,
{
    match call(actor_type, key, method, arguments)? {
        Reply::Ok(value) => Ok(value),
        Reply::Err(refusal) => Err(CallError::Refused(refusal)),
    }
}

/// Durable one-way message: leaves when this turn is committed, arrives exactly once in effect.
pub fn send<A: Serialize + ?Sized>(actor_type: &str, key: &str, method: &str, arguments: &A) {
    send_after(Duration::ZERO, actor_type, key, method, arguments);
}

/// Like [`send`], but not before `delay` has passed.
pub fn send_after<A: Serialize + ?Sized>(
    delay: Duration,
    actor_type: &str,
    key: &str,
    method: &str,
    arguments: &A,
) {
    host::send(Message {
        actor_type: actor_type.to_owned(),
        key: key.to_owned(),
        method: method.to_owned(),
        arguments: to_json(arguments),
        delay_ms: crate::timers::millis(delay),
    });
}

/// A `result` as it is written in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reply<T, E> {
    Ok(T),
    Err(E),
}

pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    match serde_json::to_string(value) {
        Ok(text) => text,
        // A trap undoes the turn, so that nothing is sent with half of its arguments.
        Err(error) => panic!("{} cannot be JSON: {error}", std::any::type_name::<T>()),
    }
}

impl<E> From<CallFailure> for CallError<E> {
    fn from(failure: CallFailure) -> Self {
        Self::Call(failure)
    }
}

impl<E: fmt::Debug> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "refused: {refusal:?}"),
            Self::Call(failure) => write!(f, "call failed: {failure:?}"),
        }
    }
}

impl<E: fmt::Debug> std::error::Error for CallError<E> {}
