//! A client that does nothing wrong, and what it notices of what others do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{env, thread};

use crate::client::Client;
use crate::packets::publish;
use crate::say;

const PAUSE: Duration = Duration::from_millis(5);
/// Large enough to be counted while it is received.
const PAYLOAD_BYTES: usize = 6_000;

/// It has a thread of its own, so that it does not wait for the flood's client.
pub(crate) struct Honest {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl Honest {
    pub(crate) fn start(at: SocketAddr) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let until = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().expect("a runtime");
            runtime.block_on(publishes(at, &until))
        });
        Self { stop, thread }
    }

    /// How long 99 of 100 of its messages took at most until they were acknowledged.
    ///
    /// # Panics
    /// When that was longer than `ms_max`, on a machine that has nothing else to do.
    pub(crate) fn stop(self, ms_max: u64) {
        self.stop.store(true, Ordering::Relaxed);
        let mut took = self.thread.join().expect("it is never refused");
        took.sort();
        let p99 = took[took.len() * 99 / 100];
        let (count, longest) = (took.len(), took[took.len() - 1]);
        say(&format!(
            "  {count} messages, p99 {p99:?}, longest {longest:?}"
        ));
        // A soak has the machine to itself; beside other tests everything takes longer.
        let times = if env::var_os("FLOODS").is_some() {
            1
        } else {
            20
        };
        assert!(p99 < Duration::from_millis(ms_max * times), "{p99:?}");
    }
}

async fn publishes(at: SocketAddr, stop: &AtomicBool) -> Vec<Duration> {
    let mut client = Client::new(at, "honest").await;
    let (message, mut took) = (publish(1, 1, "honest", PAYLOAD_BYTES), Vec::new());
    while !stop.load(Ordering::Relaxed) || took.len() < 20 {
        let started = Instant::now();
        client.raw(&message).await;
        client.puback().await;
        took.push(started.elapsed());
        thread::sleep(PAUSE);
    }
    took
}
