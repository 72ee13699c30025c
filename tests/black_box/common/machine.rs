//! Who has the machine. Tests that compute run two by two; one that measures time has the machine to
//! itself; and those that mostly wait, for a lease to end or a process to come back, run a few at a time.
//! Each of them waits on a thread of its own: with as few threads as there are cores (`RUST_TEST_THREADS`), two
//! that want it alone keep everybody else from it.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// How many tests compute at once.
const SHARING: usize = 2;
/// How many of those that mostly wait run at once. Each has several processes of its own.
const FEW: usize = 3;

struct State {
    /// One of a test for each program that it has started.
    sharing: Vec<ThreadId>,
    few: Vec<ThreadId>,
    alone: Option<ThreadId>,
    /// Those who want to have it alone, or with few.
    waiting: usize,
}

static STATE: Mutex<State> = Mutex::new(State {
    sharing: Vec::new(),
    few: Vec::new(),
    alone: None,
    waiting: 0,
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

impl State {
    fn is_full(&self) -> bool {
        let tests: HashSet<_> = self.sharing.iter().collect();
        tests.len() >= SHARING
    }

    /// Whether a thread may keep the machine busy, beside those who do.
    fn may_share(&self, thread: ThreadId) -> bool {
        if self.alone.is_some() || !self.few.is_empty() {
            return false;
        }
        // Whoever shares already may go on sharing, or a second program of one test would wait for
        // ever. So may a thread that a test has started: only those that run tests have a name.
        let goes_on = self.sharing.contains(&thread) || thread::current().name().is_none();
        if goes_on && !self.sharing.is_empty() {
            return true;
        }
        // Others let those go first who want to have it alone.
        self.waiting == 0 && !self.is_full()
    }
}

/// Held by everything that keeps the machine busy: nothing where it is that thread's anyway.
pub(crate) struct Shared(Option<ThreadId>);

/// Held by a test that measures.
pub(crate) struct Alone;

/// Held by a test that mostly waits.
pub(crate) struct Few(ThreadId);

/// Waits while somebody else measures, or enough others compute.
pub(crate) fn share() -> Shared {
    let thread = thread::current().id();
    let mut state = state();
    if state.alone == Some(thread) || state.few.contains(&thread) {
        return Shared(None);
    }
    while !state.may_share(thread) {
        state = wait(state);
    }
    state.sharing.push(thread);
    Shared(Some(thread))
}

/// Waits until nobody else has the machine. For programs that this thread starts.
pub(crate) fn alone() -> Alone {
    let mut state = state();
    state.waiting += 1;
    while state.alone.is_some() || !state.few.is_empty() || !state.sharing.is_empty() {
        state = wait(state);
    }
    state.waiting -= 1;
    state.alone = Some(thread::current().id());
    Alone
}

/// Waits until the machine belongs to those who mostly wait. For programs that this thread starts.
pub(crate) fn with_few() -> Few {
    let thread = thread::current().id();
    let mut state = state();
    state.waiting += 1;
    while state.alone.is_some() || state.few.len() >= FEW || !state.sharing.is_empty() {
        state = wait(state);
    }
    state.waiting -= 1;
    state.few.push(thread);
    Few(thread)
}

fn take_out(threads: &mut Vec<ThreadId>, thread: ThreadId) {
    if let Some(at) = threads.iter().position(|one| *one == thread) {
        threads.swap_remove(at);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(thread) = self.0 {
            take_out(&mut state().sharing, thread);
            CHANGED.notify_all();
        }
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        take_out(&mut state().few, self.0);
        CHANGED.notify_all();
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        state().alone = None;
        CHANGED.notify_all();
    }
}
