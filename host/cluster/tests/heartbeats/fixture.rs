//! A silo with worker threads of its own, which can be kept busy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use pizza_clock::{Clock, SystemClock};
use pizza_cluster::heartbeat::Heartbeat;
use pizza_cluster::join::{self, Joining};
use pizza_cluster::{ClusterSettings, Membership, Nobody, OwnThread, Pulse};
use pizza_store::{Labels, MemberState, MembershipStore};
use tokio::runtime::Runtime;

const WORKERS: usize = 2;
/// Shorter than a silo's is, and longer than the tests that bring workers back block them.
const HUNG_MS_MAX: u64 = 8_000;

/// Where heartbeats are sent from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentFrom {
    OwnThread,
    Workers,
    Nowhere,
}

pub(crate) struct Silo {
    pub(crate) membership: Arc<Membership>,
    store: Arc<dyn MembershipStore>,
    clock: Arc<dyn Clock>,
    workers: Option<Runtime>,
    thread: Option<OwnThread>,
    /// Whether its heartbeats have ended and its workers did not hear of it.
    pub(crate) is_ended: Arc<AtomicBool>,
}

impl Silo {
    /// A silo that has joined, and takes no actors yet.
    pub(crate) fn joined(
        name: &str,
        store: &Arc<dyn MembershipStore>,
        clock: Arc<dyn Clock>,
        from: SentFrom,
    ) -> Self {
        let workers = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build();
        let workers = workers.expect("a runtime");
        let settings = ClusterSettings {
            hung_ms_max: HUNG_MS_MAX,
            ..ClusterSettings::default()
        };
        let is_ended = Arc::new(AtomicBool::new(false));
        let joining = Joining {
            name,
            address: name,
            edges: None,
            labels: &Labels::new(),
        };
        let joined = workers.block_on(join::join(&**store, &*clock, &settings, joining));
        let membership = joined.expect("a silo joins");
        let _on_workers = workers.enter();
        let heartbeat = Heartbeat {
            membership: Arc::clone(&membership),
            store: Arc::clone(store),
            network: Arc::new(Nobody),
            clock: Arc::clone(&clock),
            settings,
            pulse: Pulse::of_this_runtime(&clock),
            workers: workers.handle().clone(),
        };
        let thread = match from {
            SentFrom::OwnThread => {
                let is_ended = Arc::clone(&is_ended);
                let last_resort = move || is_ended.store(true, Ordering::Relaxed);
                Some(OwnThread::begin(heartbeat, last_resort).expect("a thread"))
            }
            SentFrom::Workers => {
                workers.spawn(heartbeat.run());
                None
            }
            SentFrom::Nowhere => None,
        };
        Self {
            membership,
            store: Arc::clone(store),
            clock,
            thread,
            is_ended,
            workers: Some(workers),
        }
    }

    /// A silo that takes actors.
    pub(crate) fn live(name: &str, store: &Arc<dyn MembershipStore>, from: SentFrom) -> Self {
        let silo = Self::joined(name, store, Arc::new(SystemClock), from);
        silo.serves();
        silo
    }

    /// It takes actors from now on.
    pub(crate) fn serves(&self) {
        let me = &self.membership;
        let marked = join::mark(&*self.store, me, me.me(), MemberState::Live);
        self.workers().block_on(marked).expect("marked");
    }

    pub(crate) fn workers(&self) -> &Runtime {
        self.workers.as_ref().expect("there until the end")
    }

    /// Keeps all workers from doing anything else for a while; returns once none of them does.
    pub(crate) fn block(&self, time: Duration) {
        let all = Arc::new(Barrier::new(WORKERS + 1));
        for _ in 0..WORKERS {
            let all = Arc::clone(&all);
            self.workers().spawn(async move {
                all.wait();
                std::thread::sleep(time);
            });
        }
        all.wait();
    }

    /// Whether this silo sees the other one in its view.
    pub(crate) fn sees(&self, other: &Self) -> bool {
        let known = self.membership.known();
        known.view.members.contains_key(other.membership.me())
    }

    pub(crate) fn has_lease(&self) -> bool {
        self.membership.lease().holds(self.clock.now_ms())
    }

    /// Returns when it knows that it was taken for dead.
    pub(crate) fn dies(&mut self) {
        let thread = self.thread.as_mut().expect("a thread of its own");
        let workers = self.workers.as_ref().expect("there until the end");
        workers.block_on(thread.ended());
    }
}

impl Drop for Silo {
    fn drop(&mut self) {
        // A worker that is kept busy is not waited for.
        if let Some(workers) = self.workers.take() {
            workers.shutdown_background();
        }
    }
}

/// How long it took until something was so.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    begun.elapsed()
}

/// Whether something is so all the time.
pub(crate) fn stays(time: Duration, is_so: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if !is_so() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
