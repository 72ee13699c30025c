//! Half-open connections: accepted, and without an accepted CONNECT so far. Their number is
//! bounded, and a new one pushes out the oldest: who has just come is the likeliest to
//! send a CONNECT soon, so a flood of silent connections keeps no real client out.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::task::AbortHandle;

use crate::metrics;

pub(crate) struct HalfOpen {
    /// By number, and numbers rise with time: the first is the oldest.
    tasks: Mutex<BTreeMap<u64, AbortHandle>>,
    max: usize,
}

impl HalfOpen {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            tasks: Mutex::default(),
            // With 0 nobody could ever come in.
            max: max.max(1),
        }
    }

    /// `spawn` starts the task that serves the connection.
    pub(crate) fn insert(&self, number: u64, spawn: impl FnOnce() -> AbortHandle) {
        let mut tasks = self.tasks.lock();
        if tasks.len() >= self.max
            && let Some((_, oldest)) = tasks.pop_first()
        {
            metrics::refused("too many say nothing");
            oldest.abort();
        }
        // Spawned under the lock: a task that ends at once cannot remove itself before it has
        // been inserted, which would leave it here for ever.
        tasks.insert(number, spawn());
    }

    /// The connection is decided on, or over. Whether it was not pushed out before: its task
    /// ends then as soon as it waits for anything.
    pub(crate) fn remove(&self, number: u64) -> bool {
        self.tasks.lock().remove(&number).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_is_pushed_out_and_no_other() {
        let half_open = HalfOpen::new(2);
        let mut tasks = Vec::new();
        let mut insert = |number| {
            half_open.insert(number, || {
                let task = tokio::spawn(std::future::pending::<()>());
                let handle = task.abort_handle();
                tasks.push(task);
                handle
            });
        };
        (0..2).for_each(&mut insert);
        half_open.remove(0);
        (2..4).for_each(&mut insert);
        let oldest = tasks.remove(1).await.expect_err("it was pushed out");
        assert!(oldest.is_cancelled());
        assert!(tasks.iter().all(|task| !task.is_finished()));
    }
}
