//! Notes: what an edge keeps with its silos, to find it again after its own end, and what operators leave
//! for it there. They are few and small: a silo refuses more than it has room for.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 256;
/// The largest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 48 << 10;
/// How many there may be whose names are the same up to their last slash.
pub const IN_A_FOLDER_MAX: usize = 1_000;

/// A note, by its name: parts with slashes between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub name: String,
    pub value: Bytes,
}
