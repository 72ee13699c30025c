//! What is said of a backup.

/// What a backup has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// When it was taken, in milliseconds since 1970.
    pub created_ms: u64,
    /// The last batch of the store that it has.
    pub sequence: u64,
    /// Actors with a record.
    pub actors: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// The length of the file.
    pub bytes: u64,
}
