//! JSON schemas of what this API takes and gives, made of the actors' contracts. The list of
//! endpoints, the checks of bodies and the document all refer to them.
//!
//! In reading order:
//! - [`contracts`](self::contracts): the WIT, as it was when this was built
//! - [`docs`](self::docs): what the comments in a contract say of its values
//! - [`types`](self::types): a type of a contract as a schema
//! - [`events`](self::events): the events of a stream
//! - [`arguments`](self::arguments): what a function of an actor takes

mod arguments;
mod contracts;
mod docs;
pub(crate) mod events;
mod types;

pub(crate) use arguments::arguments_of;
pub(crate) use docs::{KEY, LINE, is_key, is_line};
pub(crate) use types::{Object, Schemas, about};
