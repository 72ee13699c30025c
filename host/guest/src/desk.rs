//! What a guest sees and stages during a turn. Cleared before and after each.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{
    ActorId, Effect, EntryWrite, LogLevel, LogLine, MessageId, Outcome, State, StateWrite,
};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::error::GuestError;
use crate::settings::{Limits, TypeSettings};
use crate::turn::{Calls, Turn};
use crate::wasi::Output;

/// The data of one instance's store.
pub(crate) struct Desk {
    wasi: WasiCtx,
    table: ResourceTable,
    pub(crate) output: Output,
    pub(crate) settings: Arc<TypeSettings>,
    pub(crate) memory_bytes: usize,
    /// Ticks of CPU time that the turn has used.
    pub(crate) ticks: u64,
    /// The bound that was broken, noted where it was seen; the trap itself says less.
    pub(crate) broken: Option<GuestError>,
    pub(crate) papers: Option<Papers>,
}

/// One turn's papers: what was handed in, what was staged.
pub(crate) struct Papers {
    pub(crate) actor: ActorId,
    pub(crate) message_id: MessageId,
    pub(crate) caller: Option<ActorId>,
    pub(crate) now_ms: u64,
    pub(crate) random: u64,
    pub(crate) trace: Option<Arc<str>>,
    pub(crate) calls: Arc<dyn Calls>,
    pub(crate) may: May,
    state: Option<State>,
    entries: Arc<BTreeMap<Arc<str>, Bytes>>,
    staged_state: StateWrite,
    staged_entries: BTreeMap<Arc<str>, Option<Bytes>>,
    staged_bytes: usize,
    effects: Vec<Effect>,
    logs: Vec<LogLine>,
    logs_dropped: usize,
}

/// What the kind of turn allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    Everything,
    /// `activate`: arm timers again, and nothing that lasts.
    SetTimers,
    /// Queries, `deactivate` and `migrate`.
    OnlyRead,
}

impl Desk {
    pub(crate) fn new(settings: Arc<TypeSettings>, wasi: WasiCtx, output: Output) -> Self {
        Self {
            wasi,
            table: ResourceTable::new(),
            output,
            settings,
            memory_bytes: 0,
            ticks: 0,
            broken: None,
            papers: None,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Notes the bound and gives the trap that stops the guest.
    pub(crate) fn stop(&mut self, error: GuestError) -> wasmtime::Error {
        let trap = wasmtime::Error::msg(error.to_string());
        self.broken.get_or_insert(error);
        trap
    }

    /// # Errors
    /// Outside a turn (in an initialiser, for example) there are no papers.
    pub(crate) fn papers(&mut self) -> wasmtime::Result<&mut Papers> {
        if self.papers.is_none() {
            return Err(self.stop(GuestError::Refused {
                what: "the host interface",
                why: "no turn is running".to_owned(),
            }));
        }
        self.papers
            .as_mut()
            .ok_or_else(|| wasmtime::Error::msg("no turn is running"))
    }

    /// Papers of a turn that may write state.
    pub(crate) fn writable(&mut self, what: &'static str) -> wasmtime::Result<&mut Papers> {
        if self.papers()?.may != May::Everything {
            return Err(self.stop(GuestError::WriteFromQuery(what)));
        }
        self.papers()
    }

    pub(crate) fn effect(&mut self, effect: Effect) -> wasmtime::Result<()> {
        let limit = self.limits().effects;
        let timer = matches!(effect, Effect::SetTimer { .. } | Effect::CancelTimer { .. });
        let papers = self.papers()?;
        let allowed = match papers.may {
            May::Everything => true,
            May::SetTimers => timer,
            May::OnlyRead => false,
        };
        if !allowed {
            return Err(self.stop(GuestError::WriteFromQuery("cause anything")));
        }
        if papers.effects.len() >= limit {
            return Err(self.stop(GuestError::TooManyEffects { limit }));
        }
        papers.effects.push(effect);
        Ok(())
    }

    pub(crate) fn set_state(&mut self, state: State) -> wasmtime::Result<()> {
        let (found, limit) = (state.bytes.len(), self.limits().state_bytes);
        let papers = self.writable("write state")?;
        if found > limit {
            let what = "a state";
            return Err(self.stop(GuestError::StateTooLarge { what, found, limit }));
        }
        papers.staged_state = StateWrite::Set(state);
        Ok(())
    }

    pub(crate) fn write_entry(
        &mut self,
        name: &str,
        bytes: Option<Vec<u8>>,
    ) -> wasmtime::Result<()> {
        let limit = self.limits().state_bytes;
        let papers = self.writable("write entries")?;
        if name.is_empty() || name.len() > 256 || name.contains('\0') {
            let why = "a name has 1 to 256 bytes, none of them zero".to_owned();
            let what = "this entry name";
            return Err(self.stop(GuestError::Refused { what, why }));
        }
        papers.staged_bytes += name.len() + bytes.as_ref().map_or(0, Vec::len);
        let found = papers.staged_bytes;
        if found > limit {
            let what = "entries in one turn";
            return Err(self.stop(GuestError::StateTooLarge { what, found, limit }));
        }
        papers
            .staged_entries
            .insert(name.into(), bytes.map(Bytes::from));
        Ok(())
    }

    pub(crate) fn log(&mut self, level: LogLevel, message: &str) {
        let (lines, bytes) = (self.limits().log_lines, self.limits().log_line_bytes);
        let Some(papers) = &mut self.papers else {
            return;
        };
        if papers.logs.len() >= lines {
            papers.logs_dropped += 1;
            return;
        }
        let cut = message.floor_char_boundary(bytes.min(message.len()));
        // A log is read on terminals: no control characters from a guest.
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let message = message[..cut].chars().map(clean).collect();
        papers.logs.push(LogLine { level, message });
    }
}

impl Papers {
    pub(crate) fn new(turn: Turn, may: May) -> Self {
        Self {
            actor: turn.actor,
            message_id: turn.message_id,
            caller: turn.caller,
            now_ms: turn.now_ms,
            random: turn.random_seed,
            trace: turn.trace,
            calls: turn.calls,
            may,
            state: turn.state,
            entries: turn.entries,
            staged_state: StateWrite::Keep,
            staged_entries: BTreeMap::new(),
            staged_bytes: 0,
            effects: Vec::new(),
            logs: Vec::new(),
            logs_dropped: 0,
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
        self.entries = Arc::default();
        self.staged_entries.clear();
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Bytes> {
        match self.staged_entries.get(name) {
            Some(staged) => staged.as_ref(),
            None => self.entries.get(name),
        }
    }

    /// Names in order, staged ones included and removed ones left out.
    pub(crate) fn entry_names(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<String> {
        use std::ops::Bound;
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let range = (start, Bound::Unbounded);
        let mut old = self
            .entries
            .range::<str, _>(range)
            .map(|(name, _)| name)
            .peekable();
        let mut new = self.staged_entries.range::<str, _>(range).peekable();
        let mut names = Vec::new();
        while names.len() < limit {
            let name = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(a), Some((b, _))) if *a < *b => old.next(),
                (Some(_), None) => old.next(),
                (same, Some(_)) => {
                    if same.is_some_and(|a| new.peek().is_some_and(|(b, _)| *a == *b)) {
                        old.next();
                    }
                    new.next()
                        .and_then(|(name, bytes)| bytes.as_ref().map(|_| name))
                }
            };
            match name {
                Some(name) if !name.starts_with(prefix) => break,
                Some(name) => names.push(name.to_string()),
                None => {}
            }
        }
        names
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): one seed a turn, as many numbers as wanted.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn into_outcome(mut self, reply: Bytes, declined: bool) -> Outcome {
        if self.logs_dropped > 0 {
            let message = format!("{} further log lines were dropped", self.logs_dropped);
            let level = LogLevel::Warn;
            self.logs.push(LogLine { level, message });
        }
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
        outcome
    }
}

impl WasiView for Desk {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl ResourceLimiter for Desk {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits().memory_bytes;
        if desired > limit {
            self.broken.get_or_insert(GuestError::Memory { limit });
            return Ok(false);
        }
        self.memory_bytes = desired;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits().table_elements;
        if desired > limit {
            self.broken.get_or_insert(GuestError::Table { limit });
            return Ok(false);
        }
        Ok(true)
    }
}
