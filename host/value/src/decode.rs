//! JSON becomes a value, straight from the bytes, directed by the type.
//!
//! serde's data model cannot carry where an error happened, so each seed notes its error in the
//! [`Walk`](walk::Walk) on the way out, and each level adds its step to the pointer. What is
//! merely of the wrong type does not end the walk: all such errors are reported together.
//!
//! In reading order:
//! - `walk`: what one pass over a document keeps in mind
//! - `make`: what becomes of the values: they are made, or only checked
//! - `names`, `scalar` and `object`: the parts that hold no further values
//! - `seed`: values of every kind
//! - `arguments`: the parameters of a function

mod arguments;
mod make;
mod names;
mod object;
mod scalar;
mod seed;
mod walk;

use serde::de::DeserializeSeed;

use self::arguments::Arguments;
use self::make::{Nothing, Values};
pub(crate) use self::scalar::BASE64;
use self::seed::Seed;
use self::walk::Walk;
pub use self::walk::{Found, Limits};
use crate::error::{Problem, ValueError};
use crate::ty::{Function, Type};
use crate::value::Value;

/// Reads one value of the type.
///
/// # Errors
/// When the bytes are not JSON, or not a value of this type within the limits: the first
/// mistake, with its pointer.
pub fn from_json(bytes: &[u8], ty: &Type, limits: &Limits) -> Result<Value, ValueError> {
    let walk = Walk::new(limits);
    let value = run(bytes, limits, &walk, Seed::<Values>::new(ty, &walk));
    value.map_err(first)
}

/// Checks that a document is a value of the type, and makes none.
///
/// # Errors
/// The same as [`from_json`].
pub fn check_json(bytes: &[u8], ty: &Type, limits: &Limits) -> Result<Found, ValueError> {
    let walk = Walk::new(limits);
    let checked = run(bytes, limits, &walk, Seed::<Nothing>::new(ty, &walk));
    checked.map(|()| walk.found()).map_err(first)
}

fn first(errors: Vec<ValueError>) -> ValueError {
    let first = errors.into_iter().next();
    // A run that fails has noted why.
    first.unwrap_or_else(|| ValueError::new(Problem::Syntax(String::new())))
}

/// Arguments as an object by parameter name or as an array by position; nothing at all
/// stands for no arguments.
///
/// # Errors
/// As [`from_json`], but all mistakes: at least one.
pub fn args_from_json(
    bytes: &[u8],
    function: &Function,
    limits: &Limits,
) -> Result<Vec<Value>, Vec<ValueError>> {
    let walk = Walk::new(limits);
    let seed = Arguments::<Values>::new(&function.params, &walk);
    run(or_none(bytes), limits, &walk, seed)
}

/// Checks that a document is the arguments of the function, and makes no values.
///
/// # Errors
/// The same as [`args_from_json`].
pub fn check_args(
    bytes: &[u8],
    function: &Function,
    limits: &Limits,
) -> Result<Found, Vec<ValueError>> {
    let walk = Walk::new(limits);
    let seed = Arguments::<Nothing>::new(&function.params, &walk);
    run(or_none(bytes), limits, &walk, seed).map(|_| walk.found())
}

fn or_none(bytes: &[u8]) -> &[u8] {
    if bytes.trim_ascii().is_empty() {
        b"{}"
    } else {
        bytes
    }
}

fn run<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    limits: &Limits,
    walk: &Walk<'_>,
    seed: S,
) -> Result<S::Value, Vec<ValueError>> {
    // Before anything is parsed: this bound costs nothing to check.
    if bytes.len() > limits.bytes_max {
        return Err(vec![ValueError::new(Problem::TooLarge {
            found: bytes.len(),
            limit: limits.bytes_max,
        })]);
    }
    let mut de = serde_json::Deserializer::from_slice(bytes);
    let value = seed
        .deserialize(&mut de)
        // Something behind the value is no JSON either.
        .and_then(|value| de.end().map(|()| value));
    let (errors, ended) = walk.take_errors();
    match value {
        Ok(value) if errors.is_empty() => Ok(value),
        // What is no JSON has no values that could be wrong.
        Err(error) if !ended => Err(vec![ValueError::new(Problem::Syntax(error.to_string()))]),
        _ => Err(errors),
    }
}
