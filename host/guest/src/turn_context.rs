//! What a guest sees and stages during one turn.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pizza_types::{
    ActorId, CallError, Effect, EntryLimit, EntryPage, EntryRange, EntryWrite, LogLevel, LogLine,
    MessageId, Outcome, State, StateWrite,
};

use crate::entries::Entries;
use crate::turn::{Calls, Turn};

/// One turn's context: what was handed in, what was staged.
pub(crate) struct TurnContext {
    pub(crate) actor: ActorId,
    pub(crate) message_id: MessageId,
    pub(crate) caller: Option<ActorId>,
    pub(crate) now_ms: u64,
    pub(crate) random: u64,
    pub(crate) trace: Option<Arc<str>>,
    pub(crate) calls: Arc<dyn Calls>,
    pub(crate) access: Access,
    pub(crate) state: Option<State>,
    pub(crate) entries: Entries,
    /// What the turn has written of its state so far.
    pub(crate) staged_state: StateWrite,
    /// The entries that the turn has written, by name; `None` for one that it removes.
    pub(crate) staged_entries: BTreeMap<Arc<str>, Option<Bytes>>,
    /// Names and bytes of all entries that were written, those that were written twice counted
    /// twice.
    pub(crate) staged_bytes: usize,
    pub(crate) effects: Vec<Effect>,
    pub(crate) logs: Vec<LogLine>,
    /// The number of log lines above the bound, which were not kept.
    pub(crate) logs_dropped: usize,
    /// How long the turn has waited for a plugin's advice.
    pub(crate) advice_wait: Duration,
}

/// What the kind of turn allows the guest to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadWrite,
    /// During `activate`: it may arm timers again, and do nothing that lasts.
    TimersOnly,
    /// During queries, `deactivate` and `migrate`: nothing may be changed.
    ReadOnly,
}

impl TurnContext {
    pub(crate) fn new(turn: Turn, access: Access) -> Self {
        Self {
            actor: turn.actor,
            message_id: turn.message_id,
            caller: turn.caller,
            now_ms: turn.now_ms,
            random: turn.random_seed,
            trace: turn.trace,
            calls: turn.calls,
            access,
            state: turn.state,
            entries: turn.entries,
            staged_state: StateWrite::Keep,
            staged_entries: BTreeMap::new(),
            staged_bytes: 0,
            effects: Vec::new(),
            logs: Vec::new(),
            logs_dropped: 0,
            advice_wait: Duration::ZERO,
        }
    }

    pub(crate) fn state(&self) -> Option<&State> {
        match &self.staged_state {
            StateWrite::Keep => self.state.as_ref(),
            StateWrite::Set(state) => Some(state),
            StateWrite::Clear => None,
        }
    }

    pub(crate) fn clear_state(&mut self) {
        self.staged_state = StateWrite::Clear;
        // Clearing takes the entries along: a later read in this turn must not find them.
        self.entries = Entries::default();
        self.staged_entries.clear();
    }

    /// The entry, if it need not be asked for.
    #[allow(
        clippy::option_option,
        reason = "what is known not to be there is not what is not known"
    )]
    pub(crate) fn known_entry(&self, name: &str) -> Option<Option<&Bytes>> {
        match self.staged_entries.get(name) {
            Some(staged) => Some(staged.as_ref()),
            None => self.entries.known(name),
        }
    }

    /// Several entries, staged ones included; `None` where all of them have more than `bytes_max`
    /// bytes.
    ///
    /// # Errors
    /// Why the store could not be read.
    pub(crate) async fn get_entries(
        &self,
        names: &[String],
        bytes_max: usize,
    ) -> Result<Option<Vec<Option<Bytes>>>, CallError> {
        self.entries
            .get(&self.staged_entries, names, bytes_max)
            .await
    }

    /// The first entries of a range, staged ones included and removed ones left out; more of it may
    /// be there if the limit was reached.
    ///
    /// # Errors
    /// Why the store could not be read.
    pub(crate) async fn entry_range(
        &self,
        range: &EntryRange,
        limit: EntryLimit,
    ) -> Result<EntryPage, CallError> {
        self.entries.range(&self.staged_entries, range, limit).await
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): one seed a turn, as many numbers as wanted.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn into_logs(mut self) -> Vec<LogLine> {
        self.end_logs();
        self.logs
    }

    fn end_logs(&mut self) {
        if self.logs_dropped > 0 {
            let message = format!("{} further log lines were dropped", self.logs_dropped);
            let level = LogLevel::Warn;
            self.logs.push(LogLine { level, message });
        }
    }

    pub(crate) fn into_outcome(mut self, reply: Bytes, declined: bool) -> Outcome {
        self.end_logs();
        let mut outcome = Outcome {
            reply,
            declined,
            logs: self.logs,
            ..Outcome::default()
        };
        // An actor that says no has changed nothing.
        if declined {
            return outcome;
        }
        outcome.state = self.staged_state;
        let writes = self.staged_entries.into_iter();
        outcome.entries = writes
            .map(|(name, bytes)| EntryWrite { name, bytes })
            .collect();
        outcome.effects = self.effects;
        // Where in a turn an actor says that it has ended means nothing, and is not the same on
        // the two ways into a guest.
        outcome
            .effects
            .sort_by_key(|effect| matches!(effect, Effect::End));
        outcome
    }
}
