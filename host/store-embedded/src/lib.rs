//! The embedded store: one directory, one process, every acknowledged commit on disk.
//!
//! In reading order:
//! - [`store`]: what the rest of the silo sees
//! - [`options`] and [`error`]: how it is opened, and why it may refuse to open
//! - [`committer`]: decides commits in their order, and writes what is staged in groups with one
//!   fsync
//! - [`changes`]: the rows of a request in the making
//! - [`log`]: where they are durable
//! - [`reserve`]: room that is kept back for it
//! - [`memory`]: where they are read; [`replay`]: how they come there again
//! - [`due`] and [`stream_head`]: rows that follow from others
//! - [`checkpoint`]: how they come into the database
//! - [`compaction`]: how the database stays small
//! - [`table`], [`key`], [`row`] and [`actor_row`]: the data format
//! - [`recent`]: a bounded map, for what commits need to know of the store
//! - [`view`]: consistent reads of what is durable
//! - [`entries`]: the entries of an actor, on such a view
//! - [`read`] and [`sweep`]: the queries, and the forgetting of old rows
//! - [`metrics`](crate::metrics): what is counted of commits
//! - [`directory`]: the files around the database that say whose it is and what it must contain
//! - [`backup`]: all of it in one file, and back
//! - [`guard`]: notices what fails in the database's own threads
//! - [`diagnosis`] and [`database_log`]: why it failed
//! - [`poison`]: the flag that ends everything after a failed write

mod actor_row;
mod backup;
mod changes;
mod checkpoint;
mod committer;
mod compaction;
mod database_log;
mod diagnosis;
mod directory;
mod due;
mod entries;
mod error;
mod guard;
mod key;
mod log;
mod memory;
mod metrics;
mod options;
mod poison;
mod read;
mod recent;
mod replay;
mod reserve;
mod row;
mod store;
mod stream_head;
mod sweep;
mod table;
#[cfg(test)]
mod testing;
mod view;

pub use backup::{BackupError, Summary as BackupSummary, restore, verify};
pub use error::OpenError;
pub use options::Options;
pub use store::EmbeddedStore;
