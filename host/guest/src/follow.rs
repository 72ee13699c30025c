//! Who looks at the turns of a type as they happen. Nearly always nobody does, and then a turn costs
//! one look at a number. What is told is bounded, and lost for whoever reads too slowly.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use pizza_types::{ActorId, LogLine, MessageId};
use tokio::sync::broadcast::{self, error::RecvError};

/// The most that look at once, at whatever types.
const FOLLOWERS_MAX: usize = 16;
/// So much is kept for whoever has not read it yet.
const AHEAD: usize = 1_024;

static FOLLOWERS: AtomicUsize = AtomicUsize::new(0);
/// For the whole process, as the log is: what a guest says is written where no silo is known.
static TYPES: Mutex<BTreeMap<String, broadcast::Sender<Told>>> = Mutex::new(BTreeMap::new());

/// What is told of an actor.
#[derive(Debug, Clone)]
pub enum Told {
    /// A line of its log.
    Line {
        actor: ActorId,
        line: LogLine,
        /// Whether the turn that wrote it failed.
        is_failed: bool,
    },
    Turn(Ended),
}

/// A turn that has ended; what it staged may not be durable yet.
#[derive(Debug, Clone)]
pub struct Ended {
    pub actor: ActorId,
    /// The method, or what else it was about.
    pub what: String,
    pub message_id: MessageId,
    pub caller: Option<ActorId>,
    pub how: How,
    pub took: Duration,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    Handled,
    /// The actor said no, and has changed nothing.
    Declined,
    /// It was handled before; the answer is from then.
    Repeated,
    /// It came to nothing, and this is why.
    Failed(String),
}

/// What a follower hears.
#[derive(Debug)]
pub enum Heard {
    Told(Told),
    /// So much was told while it did not read.
    LeftOut(u64),
}

/// Tells those who look at the type, if anybody does.
pub fn tell(actor_type: &str, told: impl FnOnce() -> Told) {
    if FOLLOWERS.load(Ordering::Relaxed) == 0 {
        return;
    }
    let sender = TYPES.lock().get(actor_type).cloned();
    if let Some(sender) = sender {
        // The last one may just have gone.
        let _ = sender.send(told());
    }
}

/// Somebody who looks at a type, until this is dropped.
pub struct Follower {
    actor_type: String,
    told: broadcast::Receiver<Told>,
}

impl Follower {
    /// `None` when as many look as may.
    #[must_use]
    pub fn begin(actor_type: &str) -> Option<Self> {
        let mut types = TYPES.lock();
        if FOLLOWERS.load(Ordering::Relaxed) >= FOLLOWERS_MAX {
            return None;
        }
        FOLLOWERS.fetch_add(1, Ordering::Relaxed);
        let sender = types.entry(actor_type.to_owned());
        let told = sender
            .or_insert_with(|| broadcast::channel(AHEAD).0)
            .subscribe();
        let actor_type = actor_type.to_owned();
        Some(Self { actor_type, told })
    }

    /// The next that is told; `None` when nothing more will be.
    pub async fn hear(&mut self) -> Option<Heard> {
        match self.told.recv().await {
            Ok(told) => Some(Heard::Told(told)),
            Err(RecvError::Lagged(count)) => Some(Heard::LeftOut(count)),
            Err(RecvError::Closed) => None,
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut types = TYPES.lock();
        FOLLOWERS.fetch_sub(1, Ordering::Relaxed);
        let others = types.get(&self.actor_type);
        // This one counts still.
        if others.is_some_and(|sender| sender.receiver_count() <= 1) {
            types.remove(&self.actor_type);
        }
    }
}

#[cfg(test)]
mod tests {
    use pizza_types::LogLevel;

    use super::*;

    fn line(n: usize) -> Told {
        Told::Line {
            actor: ActorId::new("followed", "a").expect("an id"),
            line: LogLine {
                level: LogLevel::Info,
                message: n.to_string(),
            },
            is_failed: false,
        }
    }

    #[tokio::test]
    async fn whoever_looks_hears_and_what_nobody_looks_at_is_not_even_made() {
        tell("followed", || panic!("nobody looks"));
        let mut follower = Follower::begin("followed").expect("there is room");
        tell("other", || panic!("nobody looks at this one"));
        tell("followed", || line(1));
        let Some(Heard::Told(Told::Line { line: heard, .. })) = follower.hear().await else {
            panic!("a line was told");
        };
        assert_eq!(heard.message, "1");
        for n in 0..AHEAD + 5 {
            tell("followed", || line(n));
        }
        assert!(matches!(follower.hear().await, Some(Heard::LeftOut(5))));
        let others: Vec<_> = (1..FOLLOWERS_MAX)
            .map(|_| Follower::begin("followed").expect("there is room"))
            .collect();
        assert!(Follower::begin("followed").is_none());
        drop((others, follower));
        tell("followed", || panic!("they have gone"));
    }
}
