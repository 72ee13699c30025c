//! What a silo needs from storage, and what it may rely on. Every back end passes
//! the one suite in [`contract`].
//!
//! In reading order:
//! - [`store`]: the whole
//! - [`error`]: how anything but a commit can fail
//! - [`commit`]: the one atomic write of a turn, and how it can be refused
//! - [`actors`]: opening actors, committing
//! - [`entries`]: their entries, as far as the owner does not hold them
//! - [`reply`]: what is remembered of a message that was handled
//! - [`members`]: who may be alive
//! - [`membership`]: the silos of a cluster, as all of them agree on it
//! - [`cells`]: what waits for other cells, and what came of them
//! - [`retire`]: actors that have ended
//! - [`log`]: what leaves a commit, until it has arrived
//! - [`reminders`]: what is to happen later
//! - [`streams`]: events, and how far subscribers are
//! - [`dead_letters`]: what could not be handled
//! - [`facts`]: named facts
//! - [`inspection`]: what operators and modules look at
//! - [`retention`]: how long events are kept
//! - [`apply`]: the rules on which every back end decides
//! - [`delegate`](mod@delegate): a store in front of a store
//! - [`memory`]: the store of tests and simulations
//! - [`contract`]: the suite that every store passes

pub mod actors;
pub mod apply;
pub mod cells;
pub mod commit;
pub mod contract;
pub mod dead_letters;
pub mod delegate;
pub mod entries;
pub mod error;
pub mod facts;
pub mod inspection;
pub mod log;
pub mod members;
pub mod membership;
pub mod memory;
pub mod reminders;
pub mod reply;
pub mod retention;
pub mod retire;
pub mod store;
pub mod streams;

pub use actors::{ActorRecord, ActorStore, Opened, StoredActor};
pub use cells::{CellStore, EventsAbroad, Outbound, ParkedRow};
pub use commit::{
    Commit, CommitError, CommitTicket, Committed, Cursor, DelayedWrite, Handled, ReminderWrite,
    Tail,
};
pub use dead_letters::{DeadLetter, DeadLetterStore, StoredDeadLetter};
pub use entries::EntryView;
pub use error::StoreError;
pub use facts::{FactChange, FactStore};
pub use inspection::{HandledRow, Inspected, InspectionStore};
pub use log::{Leaving, LogEntry, LogKey, LogStore, NewEvent, StreamKey};
pub use members::Members;
pub use membership::{Heartbeats, Labels, Member, MemberState, MembershipStore, View};
pub use memory::{Earlier, MemoryStore};
pub use reminders::{DelayedKey, DelayedRow, DueAfter, DueReminder, Reminder, ReminderStore};
pub use reply::StoredReply;
pub use retention::{Keep, Retention};
pub use retire::{EndWrite, EndedActor, EndedAfter, RetireStore, Retirement};
pub use store::{Backup, Store};
pub use streams::{StoredEvent, StreamStore};
