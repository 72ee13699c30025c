//! What is left of lives that an actor may have had.

/// What is left of the lives that an actor without a record may have had.
#[derive(Debug, Default)]
pub(super) struct Former {
    /// The highest epoch of the actors of its shard that were retired.
    pub(super) floor: u64,
    /// When it was retired itself; `None` also when that is forgotten.
    pub(super) retired_ms: Option<u64>,
}
