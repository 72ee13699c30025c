//! The turn that was handed over whole: what it reads, and what it has staged so far. There is
//! none while a function is called by itself; then the imports are asked.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::turn_export::{Actor, Effect, Entry, Input, Invocation, Output, State};

/// So many effects or entries are kept here; what is more goes to the host at once, so that its
/// bounds stop an actor that does not stop by itself.
const KEPT_MAX: usize = 256;

// One for each thread, for the sake of native tests; a component has one thread.
thread_local! {
    static CURRENT: RefCell<Option<Staged>> = const { RefCell::new(None) };
}

pub(crate) struct Staged {
    pub(crate) actor: Actor,
    pub(crate) caller: Option<Actor>,
    pub(crate) message_id: (u64, u64),
    pub(crate) now: u64,
    random: u64,
    pub(crate) trace_id: Option<String>,
    /// The state as the turn found it, until it is read.
    found: Option<State>,
    written: Option<State>,
    is_read: bool,
    entries: Vec<Entry>,
    /// Entries that were read before they are wanted, as they are while nobody writes them.
    read: BTreeMap<String, Option<Vec<u8>>>,
    effects: Vec<Kept>,
}

/// An effect, and the import that it would have gone to. The function comes with the effect, so
/// that a component has only those imports that it uses, and needs no grant for others.
struct Kept {
    effect: Effect,
    import: fn(Effect),
}

/// Does this with the turn; `None` where none was handed over.
pub(crate) fn with<R>(look: impl FnOnce(&mut Staged) -> R) -> Option<R> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map(look))
}

pub(crate) fn begin(input: Input) -> Invocation {
    let staged = Staged {
        actor: input.actor,
        caller: input.caller,
        message_id: input.message_id,
        now: input.now,
        random: input.random_seed,
        trace_id: input.trace_id,
        found: input.state,
        written: None,
        is_read: false,
        entries: Vec::new(),
        read: BTreeMap::new(),
        effects: Vec::new(),
    };
    CURRENT.set(Some(staged));
    input.invocation
}

/// # Panics
/// When no turn has begun.
pub(crate) fn end(reply: String) -> Output {
    let staged = CURRENT.take().expect("it was begun by the same call");
    let effects = staged.effects.into_iter().map(|kept| kept.effect);
    Output {
        reply,
        state: staged.written,
        entries: staged.entries,
        effects: effects.collect(),
    }
}

impl Staged {
    /// The state, as the turn has left it so far; the outer `None` when it was given away before.
    #[allow(
        clippy::option_option,
        reason = "an actor without state is not one whose state is elsewhere"
    )]
    pub(crate) fn state(&mut self) -> Option<Option<State>> {
        if self.written.is_some() {
            return Some(self.written.clone());
        }
        if std::mem::replace(&mut self.is_read, true) {
            return None;
        }
        // Given away without a copy: a turn reads its state once.
        Some(self.found.take())
    }

    pub(crate) fn set_state(&mut self, state: State) {
        self.written = Some(state);
    }

    /// What the turn has written to the entry, or has read ahead; the outer `None` when it has not.
    #[allow(
        clippy::option_option,
        reason = "an entry that was removed is not one that was not written"
    )]
    pub(crate) fn entry(&self, name: &str) -> Option<Option<Vec<u8>>> {
        // The last write counts. There are few of them.
        let entry = self.entries.iter().rev().find(|entry| entry.name == name);
        let bytes = entry.map(|entry| &entry.bytes);
        bytes.or_else(|| self.read.get(name)).cloned()
    }

    pub(crate) fn has_read(&mut self, names: &[String], entries: Vec<Option<Vec<u8>>>) {
        self.read.extend(names.iter().cloned().zip(entries));
    }

    pub(crate) fn has_written(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// SplitMix64, as the host has it: the same seed gives the same numbers.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Keeps an effect for the end of the turn, or gives it to its import.
pub(crate) fn effect(effect: Effect, import: fn(Effect)) {
    let full = with(|staged| staged.effects.len() >= KEPT_MAX);
    if full == Some(true) {
        flush_effects();
    }
    let mut effect = Some(effect);
    with(|staged| {
        let kept = effect.take().map(|effect| Kept { effect, import });
        staged.effects.extend(kept);
    });
    if let Some(effect) = effect {
        import(effect);
    }
}

/// Gives the effects so far to their imports, before something that can go no other way.
pub(crate) fn flush_effects() {
    // Taken out first: an import must not find the turn borrowed.
    let effects = with(|staged| std::mem::take(&mut staged.effects));
    for kept in effects.into_iter().flatten() {
        (kept.import)(kept.effect);
    }
}

/// Keeps what was written to an entry for the end of the turn, or gives it to the import.
pub(crate) fn entry(entry: Entry, import: fn(Entry)) {
    let full = with(|staged| staged.entries.len() >= KEPT_MAX);
    if full == Some(true) {
        flush_entries(import);
    }
    let mut entry = Some(entry);
    with(|staged| {
        let entry = entry.take();
        if let Some(entry) = &entry {
            // It would show again what was read when the entries are given to the host.
            staged.read.remove(&entry.name);
        }
        staged.entries.extend(entry);
    });
    if let Some(entry) = entry {
        import(entry);
    }
}

/// Gives the entries so far to the host, which alone knows the others beside them.
pub(crate) fn flush_entries(import: fn(Entry)) {
    let entries = with(|staged| std::mem::take(&mut staged.entries));
    entries.into_iter().flatten().for_each(import);
}
