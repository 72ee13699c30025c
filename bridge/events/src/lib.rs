//! What leaves of the events of a stream, whichever edge carries them out: which events, and which of
//! their fields.
//!
//! - [`selection`]: the choice, as configurations make it
//! - [`read`](mod@read): an event's payload, and times as people write them

pub mod read;
pub mod selection;

pub use read::{read, time};
pub use selection::{Selection, applies};
