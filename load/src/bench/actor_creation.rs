//! So many actors are created, as fast as the silo takes them, and each tenth of them is measured
//! by itself: what gets slower with the number of actors shows.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use indicatif::ProgressBar;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::actor_load::ANSWERS_WITHIN;
use crate::latency::Latencies;
use crate::lean_connection::{LeanConnection, Template};
use crate::progress::bar;
use crate::target::Target;

const TENTHS: usize = 10;
/// How far it is is shown so, and looked at so often.
const SHOWN: &str = "{bar:40} {pos}/{len} actors created, {per_sec}, {eta} to go";
const LOOK: Duration = Duration::from_millis(200);

/// What became of actors that were to be created.
pub(super) struct Created {
    pub(super) tenths: Vec<Tenth>,
    pub(super) took: Duration,
    pub(super) refused: u64,
    pub(super) failed: u64,
}

/// The requests that were answered as a tenth of all.
pub(super) struct Tenth {
    /// Of those that created an actor.
    pub(super) latencies: Latencies,
    pub(super) took: Duration,
}

/// One connection that creates.
struct Worker {
    connection: LeanConnection,
    request: Template,
    keys: Range<u64>,
    next: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
}

/// What one connection has measured.
struct Found {
    /// Of each tenth, and when the last answer of it came.
    tenths: Vec<(Latencies, Option<Instant>)>,
    refused: u64,
    failed: u64,
}

/// Creates the actors of these keys, each with one request.
///
/// # Errors
/// When a connection breaks, or no answer comes for a minute.
pub(super) async fn create(
    target: &Target,
    connections: u16,
    request: &Template,
    keys: Range<u64>,
) -> anyhow::Result<Created> {
    let (next, answered) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let mut workers = JoinSet::new();
    let mut ready = Vec::new();
    for _ in 0..connections {
        ready.push(target.connect_lean().await?);
    }
    let begun = Instant::now();
    for connection in ready {
        let worker = Worker {
            connection,
            request: request.clone(),
            keys: keys.clone(),
            next: Arc::clone(&next),
            answered: Arc::clone(&answered),
        };
        workers.spawn(worker.run());
    }
    let all = async {
        let mut all = Found::new()?;
        while let Some(found) = workers.join_next().await {
            all.add(&found.context("a worker")??)?;
        }
        anyhow::Ok(all)
    };
    let progress = bar(keys.end - keys.start, SHOWN);
    let found = tokio::select! {
        found = all => found?,
        stuck = watch(&answered, &progress) => return Err(stuck),
    };
    progress.finish_and_clear();
    Ok(found.since(begun))
}

/// Shows how far it is, and ends when it goes no further. One clock for all requests: one for each
/// would cost more than the request.
async fn watch(answered: &AtomicU64, progress: &ProgressBar) -> anyhow::Error {
    let (mut before, mut moved) = (0, Instant::now());
    loop {
        sleep(LOOK).await;
        let now = answered.load(Ordering::Relaxed);
        progress.set_position(now);
        if now > before {
            (before, moved) = (now, Instant::now());
        }
        if moved.elapsed() > ANSWERS_WITHIN {
            let waited = ANSWERS_WITHIN.as_secs();
            return anyhow!("after {now} answers none came for {waited} s");
        }
    }
}

impl Worker {
    async fn run(mut self) -> anyhow::Result<Found> {
        let mut found = Found::new()?;
        let count = self.keys.end - self.keys.start;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(found);
            }
            let (begun, key) = (Instant::now(), self.keys.start + number);
            let answer = self.connection.ask_about(&self.request, key, number);
            let status = answer.await?.status;
            let at = self.answered.fetch_add(1, Ordering::Relaxed);
            let tenth = usize::try_from(u128::from(at) * TENTHS as u128 / u128::from(count))?;
            let (latencies, last) = &mut found.tenths[tenth];
            *last = Some(Instant::now());
            match status {
                200 | 204 => latencies.record(begun.elapsed())?,
                429 | 503 | 507 => found.refused += 1,
                _ => found.failed += 1,
            }
        }
    }
}

impl Found {
    fn new() -> anyhow::Result<Self> {
        let tenths = (0..TENTHS).map(|_| Ok((Latencies::new()?, None)));
        Ok(Self {
            tenths: tenths.collect::<anyhow::Result<_>>()?,
            refused: 0,
            failed: 0,
        })
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        for ((all, last), (one, of_one)) in self.tenths.iter_mut().zip(&other.tenths) {
            all.add(one)?;
            *last = (*last).max(*of_one);
        }
        self.refused += other.refused;
        self.failed += other.failed;
        Ok(())
    }

    /// A tenth begins where the one before it has ended.
    fn since(self, begun: Instant) -> Created {
        let mut from = begun;
        let mut tenths = Vec::new();
        for (latencies, last) in self.tenths {
            let until = last.unwrap_or(from).max(from);
            let took = until - from;
            tenths.push(Tenth { latencies, took });
            from = until;
        }
        Created {
            tenths,
            took: from - begun,
            refused: self.refused,
            failed: self.failed,
        }
    }
}

impl Created {
    pub(super) fn count(&self) -> u64 {
        let counts = self.tenths.iter().map(|tenth| tenth.latencies.count());
        counts.sum()
    }

    pub(super) fn rate(&self) -> f64 {
        per_second(self.count(), self.took)
    }
}

impl Tenth {
    pub(super) fn rate(&self) -> f64 {
        per_second(self.latencies.count(), self.took)
    }
}

fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(f64::EPSILON)
}
