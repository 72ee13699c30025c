//! The tables of the database, each a keyspace of its own.

use std::path::Path;
use std::sync::Arc;

use fjall::{Keyspace, KeyspaceCreateOptions};
use pizza_store::StoreError;

use crate::directory::Lock;
use crate::options::Options;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    /// Each actor, by actor: who owns it, its version and epoch, and its state.
    Actors,
    /// States of actors that have written none since they lay in rows of their own, by actor.
    States,
    /// Entries, by actor and name.
    Entries,
    /// What actors have answered, by actor and message id.
    Handled,
    /// Messages that leave later, by actor, version and index; in directories of before the log
    /// was a table also those that left at once.
    Delayed,
    /// Reminders, by actor and name.
    Reminders,
    /// The reminders again, by the time at which they are due. They follow from those rows, and are
    /// not in the log ([`due`](crate::due)).
    RemindersDue,
    /// Events, by stream, key and position.
    Events,
    /// The position of the newest event in the database, by stream and key. The checkpoint writes
    /// it ([`stream_head`](crate::stream_head)).
    StreamHeads,
    /// How far subscribers are, by subscriber, stream and key.
    Cursors,
    /// Dead letters, in the order in which they were added.
    DeadLetters,
    /// Named facts of the silo, by name.
    Facts,
    /// What the store notes for itself.
    System,
    /// Messages that have left commits and not arrived, by shard and number.
    Log,
    /// When actors were retired, by actor; and each shard's epoch floor, by the shard alone.
    Retired,
    /// Actors that have ended, by type and time; and under a type without name those that are
    /// retired, by the time of that.
    Ended,
    /// What is newer of an actor than its row has, where only its head is, by actor.
    Heads,
}

impl Table {
    pub(crate) const COUNT: usize = 17;
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Actors,
        Self::States,
        Self::Entries,
        Self::Handled,
        Self::Delayed,
        Self::Reminders,
        Self::RemindersDue,
        Self::Events,
        Self::StreamHeads,
        Self::Cursors,
        Self::DeadLetters,
        Self::Facts,
        Self::System,
        Self::Log,
        Self::Retired,
        Self::Ended,
        Self::Heads,
    ];

    /// Whether keys begin with the shard of an actor.
    pub(crate) fn is_by_shard(self) -> bool {
        match self {
            Self::Actors
            | Self::States
            | Self::Entries
            | Self::Handled
            | Self::Delayed
            | Self::Log
            | Self::Reminders
            | Self::Retired
            | Self::Heads => true,
            Self::RemindersDue
            | Self::Events
            | Self::StreamHeads
            | Self::Cursors
            | Self::DeadLetters
            | Self::Facts
            | Self::System
            | Self::Ended => false,
        }
    }

    /// The name of the keyspace, which is part of the data format.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Actors => "actors",
            Self::States => "states",
            Self::Entries => "entries",
            Self::Handled => "handled",
            Self::Delayed => "outbox",
            Self::Reminders => "reminders",
            Self::RemindersDue => "reminders-due",
            Self::Events => "events",
            Self::StreamHeads => "stream-heads",
            Self::Cursors => "cursors",
            Self::DeadLetters => "dead-letters",
            Self::Facts => "meta",
            Self::System => "system",
            Self::Log => "log",
            Self::Retired => "retired",
            Self::Ended => "ended",
            Self::Heads => "heads",
        }
    }
}

/// The open database. The lock on the directory is let go when everything else is.
pub(crate) struct Database {
    tables: [Keyspace; Table::COUNT],
    fjall: fjall::Database,
    _lock: Arc<Lock>,
}

impl Database {
    pub(crate) fn open(path: &Path, options: &Options, lock: Arc<Lock>) -> fjall::Result<Self> {
        // No thread of its own: what fails there is final, for want of room as for any reason.
        Self::open_with(path, options, lock, 0)
    }

    /// Empties the journals of a database that was written to by them, so that what is in them
    /// is in tables.
    pub(crate) fn empty_journals(
        path: &Path,
        options: &Options,
        lock: Arc<Lock>,
    ) -> fjall::Result<()> {
        let db = Self::open_with(path, options, lock, 1)?;
        let mut tables = db.tables.iter();
        tables.try_for_each(Keyspace::rotate_memtable_and_wait)
    }

    fn open_with(
        path: &Path,
        options: &Options,
        lock: Arc<Lock>,
        workers: usize,
    ) -> fjall::Result<Self> {
        let fjall = fjall::Database::builder(path)
            .cache_size(options.cache_bytes)
            .worker_threads_unchecked(workers)
            // Replayed into memory when the store opens, so as small as it may be.
            .max_journaling_size(JOURNALS_BYTES_MAX)
            .open()?;
        // In the order of the enum, whose number is the index.
        let mut tables = Vec::with_capacity(Table::COUNT);
        for table in Table::ALL {
            let create = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
            tables.push(fjall.keyspace(table.name(), create)?);
        }
        let Ok(tables) = tables.try_into() else {
            unreachable!("one keyspace for each of Table::ALL");
        };
        Ok(Self {
            tables,
            fjall,
            _lock: lock,
        })
    }

    pub(crate) fn table(&self, table: Table) -> &Keyspace {
        &self.tables[table as usize]
    }

    pub(crate) fn fjall(&self) -> &fjall::Database {
        &self.fjall
    }

    /// The oldest number that somebody may still read the database at.
    pub(crate) fn read_from(&self) -> u64 {
        self.fjall
            .supervisor
            .snapshot_tracker
            .get_seqno_safe_to_gc()
    }

    /// Reads the newest value, whether it is durable yet or not.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<fjall::Slice>, StoreError> {
        self.table(table)
            .get(key)
            .map_err(|e| read_error(table, &e))
    }
}

/// What waits in the database's own memory: marks only, for rows go into its tables by bulk.
const MEMTABLE_BYTES: u64 = 1 << 20;
/// The least that the database takes. All of it is read when the store is opened.
const JOURNALS_BYTES_MAX: u64 = 64 << 20;

pub(crate) fn read_error(table: Table, error: &fjall::Error) -> StoreError {
    let detail = format!("table {}: {error}", table.name());
    match error {
        fjall::Error::Io(_) | fjall::Error::Storage(fjall::LsmError::Io(_)) => StoreError::Io {
            action: "read",
            detail,
        },
        fjall::Error::Poisoned => StoreError::Poisoned { reason: detail },
        _ => StoreError::Corrupt { detail },
    }
}
