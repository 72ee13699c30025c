//! Mistakes that are made on purpose, one at a time: the checks must find each of them.

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Planted {
    #[default]
    Nothing,
    /// The store takes commits of owners that are none any more.
    EpochUnchecked,
    /// Commits are answered before the store has them, and some of those it never gets.
    AcknowledgedEarly,
    /// The log shows entries of commits that the store refuses.
    PublishedEarly,
    /// The store does not know messages that were handled.
    NoDedupe,
    /// Reminders are told to be due before their time.
    ReminderEarly,
    /// A silo that is asked for an actor believes what it read of it before.
    StaleOwnerBelieved,
    /// Silos believe themselves for ever.
    NoLease,
    /// A commit that is sent again is applied again.
    ResendAppliedTwice,
    /// The relay passes over entries.
    RelaySkips,
    /// Only the owner's own silo fires a reminder.
    ReminderJudgedLocally,
    /// The store takes commits after it went back in time.
    RollbackUnnoticed,
}

impl Planted {
    /// All that there are.
    pub const ALL: [Self; 11] = [
        Self::EpochUnchecked,
        Self::AcknowledgedEarly,
        Self::PublishedEarly,
        Self::NoDedupe,
        Self::ReminderEarly,
        Self::StaleOwnerBelieved,
        Self::NoLease,
        Self::ResendAppliedTwice,
        Self::RelaySkips,
        Self::ReminderJudgedLocally,
        Self::RollbackUnnoticed,
    ];
}
