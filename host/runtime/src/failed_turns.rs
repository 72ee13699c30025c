//! A turn that failed is one line of the log, also when nobody who waits for it tells anybody; and a
//! module of which every turn fails does not flood it.

use parking_lot::Mutex;
use pizza_types::{CallError, Envelope};

/// So many lines of one module within [`WINDOW_MS`] tell what is wrong with it.
const LINES: u32 = 10;
const WINDOW_MS: u64 = 10_000;

/// What has been said of one module's failed turns lately.
#[derive(Debug, Default)]
pub(crate) struct FailedTurns(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    begun_ms: u64,
    said: u32,
    /// Since the last line.
    left_out: u64,
}

impl FailedTurns {
    /// Logs how a turn ended, if that was the module's own doing.
    pub(crate) fn report<T>(
        &self,
        envelope: &Envelope,
        outcome: &Result<T, CallError>,
        now_ms: u64,
    ) {
        let Err(CallError::Failed { bound, detail }) = outcome else {
            return;
        };
        let Some(left_out) = self.0.lock().line(now_ms) else {
            return;
        };
        let target = &envelope.target;
        tracing::warn!(
            actor_type = %target.actor_type(),
            key = &**target.key(),
            method = envelope.body.title(),
            message_id = %envelope.id,
            %bound,
            detail,
            left_out = (left_out > 0).then_some(left_out),
            "a turn failed; the actor's state did not change"
        );
    }
}

impl Window {
    /// Whether there is a line for one more, and how many had none before it.
    fn line(&mut self, now_ms: u64) -> Option<u64> {
        if now_ms.saturating_sub(self.begun_ms) >= WINDOW_MS {
            (self.begun_ms, self.said) = (now_ms, 0);
        }
        if self.said == LINES {
            self.left_out += 1;
            return None;
        }
        self.said += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_some_are_told_and_all_are_counted() {
        let mut window = Window::default();
        let begin = 1_000_000;
        for n in 0..LINES {
            assert_eq!(window.line(begin + u64::from(n)), Some(0));
        }
        for n in 0..500 {
            assert_eq!(window.line(begin + n), None);
        }
        assert_eq!(window.line(begin + WINDOW_MS - 1), None);
        assert_eq!(window.line(begin + WINDOW_MS), Some(501));
        assert_eq!(window.line(begin + WINDOW_MS + 1), Some(0));
    }
}
