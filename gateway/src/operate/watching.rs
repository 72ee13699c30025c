//! The scene for all who watch it: one looks again and again, as long as there is anybody.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::scene::Scene;
use super::silos::Silos;

/// How often somebody looks.
const EVERY: Duration = Duration::from_secs(1);
/// Every so many looks are at what changes slowly, too.
const WHOLE_EVERY: u64 = 5;

/// What is seen, for as many as like to; `None` before the first look.
pub(crate) type Seen = watch::Receiver<Option<Arc<Scene>>>;

#[derive(Clone)]
pub(crate) struct Watching(Arc<Inner>);

struct Inner {
    seen: watch::Sender<Option<Arc<Scene>>>,
    /// Whoever looks.
    looking: Mutex<Option<JoinHandle<()>>>,
}

impl Default for Watching {
    fn default() -> Self {
        Self(Arc::new(Inner {
            seen: watch::Sender::new(None),
            looking: Mutex::default(),
        }))
    }
}

impl Watching {
    /// Watches until the receiver is dropped.
    pub(crate) fn watch(&self, silos: &Silos, now_ms: impl Fn() -> u64 + Send + 'static) -> Seen {
        let mut looking = self.0.looking.lock();
        let seen = self.0.seen.subscribe();
        if looking.as_ref().is_none_or(JoinHandle::is_finished) {
            *looking = Some(tokio::spawn(self.clone().look(silos.clone(), now_ms)));
        }
        seen
    }

    async fn look(self, silos: Silos, now_ms: impl Fn() -> u64 + Send) {
        let mut ticks = interval(EVERY);
        // A silo that is slow to answer is not to be asked the more for it.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut scene = Scene::default();
        for look in 0_u64.. {
            ticks.tick().await;
            if self.is_over() {
                return;
            }
            let whole = look.is_multiple_of(WHOLE_EVERY);
            scene.look(&silos, whole, now_ms()).await;
            self.0.seen.send_replace(Some(Arc::new(scene.clone())));
        }
    }

    /// Whether nobody watches any more. Who comes now begins anew, and with nothing old.
    fn is_over(&self) -> bool {
        let mut looking = self.0.looking.lock();
        if self.0.seen.receiver_count() > 0 {
            return false;
        }
        self.0.seen.send_replace(None);
        *looking = None;
        true
    }
}
