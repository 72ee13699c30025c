//! Requests of one kind to actors, as many as they take, and what was measured of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, timeout_at};

use super::cpu::{self, CpuSeconds};
use super::metrics::Metrics;
use crate::latency::Latencies;
use crate::lean_connection::{LeanConnection, Template};
use crate::target::Target;

/// Longer than a silo waits for its actors: an answer that has not come by then never will.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// Which actors are asked.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    /// Each is another one.
    New,
    /// The first so many, in turns.
    Known(u64),
    /// The first so many, each time another one by chance.
    Random(u64),
}

/// How much load there is, and for how long.
pub(super) struct Load {
    pub(super) connections: u16,
    pub(super) warm_up: Duration,
    pub(super) took: Duration,
}

/// What was measured of one phase.
pub(super) struct Measured {
    pub(super) latencies: Latencies,
    pub(super) cpu: Option<CpuSeconds>,
    pub(super) refused: u64,
    pub(super) failed: u64,
    /// All requests, those of the warm-up too.
    pub(super) sent: u64,
    /// Those of them that were not carried out as far as anybody knows.
    pub(super) unsure: u64,
}

/// What one connection does.
struct Worker {
    connection: LeanConnection,
    request: Template,
    keys: Keys,
    next: Arc<AtomicU64>,
    measured: Instant,
    end: Instant,
}

impl Load {
    /// # Errors
    /// When a connection breaks, or an answer does not come.
    pub(super) async fn put_on(
        &self,
        target: &Target,
        request: &Template,
        keys: Keys,
    ) -> anyhow::Result<Measured> {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(target.connect_lean().await?);
        }
        let server = Metrics::open(target).await?;
        let next = Arc::new(AtomicU64::new(0));
        let measured = Instant::now() + self.warm_up;
        let end = measured + self.took;
        let mut workers = Vec::new();
        for connection in connections {
            let worker = Worker {
                connection,
                request: request.clone(),
                keys,
                next: Arc::clone(&next),
                measured,
                end,
            };
            workers.push(tokio::spawn(worker.run()));
        }
        let cpu = tokio::spawn(cpu::between(server, measured, end));
        let mut all = Measured::new()?;
        for worker in workers {
            all.add(&worker.await.context("a worker")??)?;
        }
        all.cpu = cpu.await.context("the clock of the CPU")??;
        Ok(all)
    }
}

impl Worker {
    async fn run(self) -> anyhow::Result<Measured> {
        let last = self.end + ANSWERS_WITHIN;
        let run = timeout_at(last, self.ask()).await;
        run.context("an answer did not come")?
    }

    async fn ask(mut self) -> anyhow::Result<Measured> {
        let mut found = Measured::new()?;
        loop {
            let begun = Instant::now();
            if begun >= self.end {
                return Ok(found);
            }
            // Drawn only now, so that there is no number below another which nobody has sent.
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let key = match self.keys {
                Keys::New => number,
                Keys::Known(keys) => number % keys,
                Keys::Random(keys) => rand::random_range(0..keys),
            };
            let answer = self.connection.ask_about(&self.request, key, number);
            let status = answer.await?.status;
            found.sent += 1;
            found.unsure += u64::from(!matches!(status, 200 | 204));
            if begun < self.measured {
                continue;
            }
            match status {
                200 | 204 => found.latencies.record(begun.elapsed())?,
                // Shed load is no error, but it is not counted as work either.
                429 | 503 | 507 => found.refused += 1,
                _ => found.failed += 1,
            }
        }
    }
}

impl Measured {
    /// Microseconds of CPU of each request that was carried out: the server's and the generator's.
    pub(super) fn cpu_us(&self) -> Option<(f64, f64)> {
        self.cpu.as_ref()?.us_of_each(self.latencies.count())
    }

    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            latencies: Latencies::new()?,
            cpu: None,
            refused: 0,
            failed: 0,
            sent: 0,
            unsure: 0,
        })
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.latencies.add(&other.latencies)?;
        self.refused += other.refused;
        self.failed += other.failed;
        self.sent += other.sent;
        self.unsure += other.unsure;
        Ok(())
    }
}
