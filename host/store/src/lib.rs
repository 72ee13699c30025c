//! What a silo needs from storage, and what it may rely on. Every back end passes
//! the one suite in [`contract`].
//!
//! In reading order:
//! - [`commit`]: the one atomic write of a turn, and how it can be refused
//! - [`row`]: what is read back
//! - [`store`]: the trait
//! - [`retention`]: how long events are kept
//! - [`apply`]: the rules on which every back end decides
//! - [`memory`]: the store of tests and simulations
//! - [`contract`]: the suite that every store passes

pub mod apply;
pub mod commit;
pub mod contract;
pub mod memory;
pub mod retention;
pub mod row;
pub mod store;

pub use commit::{
    Commit, CommitError, CommitTicket, Committed, Cursor, Handled, NewEvent, OutboxWrite,
    ReminderWrite,
};
pub use memory::MemoryStore;
pub use retention::{Keep, Retention};
pub use row::{
    ActorRecord, Claimed, DeadLetter, DueReminder, HandledRow, Inspected, OutboxKey, OutboxRow,
    Reminder, StoredDeadLetter, StoredEvent, StoredReply,
};
pub use store::{MetaChange, Store, StoreError};
