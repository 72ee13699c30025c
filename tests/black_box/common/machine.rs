//! Who has the machine. Tests run side by side; one that measures time has it to itself.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

struct State {
    sharing: usize,
    waiting: usize,
    alone: Option<ThreadId>,
}

static STATE: Mutex<State> = Mutex::new(State {
    sharing: 0,
    waiting: 0,
    alone: None,
});
static CHANGED: Condvar = Condvar::new();

/// A failed test poisons the lock, and must not take the others with it.
fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait(state: MutexGuard<'static, State>) -> MutexGuard<'static, State> {
    let waited = CHANGED.wait(state);
    waited.unwrap_or_else(PoisonError::into_inner)
}

/// Held by everything that keeps the machine busy.
pub(crate) struct Shared(bool);

/// Held by a test that measures.
pub(crate) struct Alone;

/// Waits while somebody else measures.
pub(crate) fn share() -> Shared {
    let mut state = state();
    if state.alone == Some(thread::current().id()) {
        return Shared(false);
    }
    // Anybody who shares already may go on sharing, or a second program of one test would wait
    // for ever; others let those who want to measure go first.
    while state.alone.is_some() || (state.sharing == 0 && state.waiting > 0) {
        state = wait(state);
    }
    state.sharing += 1;
    Shared(true)
}

/// Waits until nobody shares the machine. For programs that this thread starts.
pub(crate) fn alone() -> Alone {
    let mut state = state();
    state.waiting += 1;
    while state.alone.is_some() || state.sharing > 0 {
        state = wait(state);
    }
    state.waiting -= 1;
    state.alone = Some(thread::current().id());
    Alone
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.0 {
            state().sharing -= 1;
            CHANGED.notify_all();
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        state().alone = None;
        CHANGED.notify_all();
    }
}
