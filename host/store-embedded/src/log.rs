//! The log: what commits wait for. Records stand behind each other in segments, files that are
//! written ahead and used again; a record is on disk after one write and one fdatasync.
//!
//! - [`record`]: what is in a record
//! - [`segment`]: one file
//! - [`writer`]: the log, written to
//! - [`recover`]: the log, read when the store opens

mod record;
mod recover;
mod segment;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::record::{HEADER, Record, Row, payload_length, read, rows};
pub(crate) use self::recover::Opening;
pub(crate) use self::writer::{Checkpointed, Log};
