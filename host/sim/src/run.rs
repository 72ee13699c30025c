//! One simulation, from its seed to its verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pizza_store::MemoryStore;
use turmoil::Sim;

use crate::account::account;
use crate::check;
use crate::clients::History;
use crate::plan::{END_MS, Fault, Plan, SILOS};
use crate::planted::Planted;
use crate::silo::{World, live};
use crate::trace::Trace;

/// How long everything may take to arrive when nobody asks any more, in milliseconds: the longest delay of
/// a reminder, and the longest pause of a message that is tried again.
const QUIET_MS_MAX: u64 = 20_000;
/// How long a silo that was taken for dead takes to start again.
const RESTART_MS: u64 = 300;

/// What a simulation came to.
#[derive(Debug, Clone)]
pub struct Report {
    pub seed: u64,
    /// All that is wrong; empty is right.
    pub wrong: Vec<String>,
    pub asked: usize,
    pub answered: usize,
    /// How often a silo was taken for dead while it lived.
    pub expelled: u32,
    pub faults: usize,
    /// Whether the store went back in time, and lost something that was told.
    pub went_back: bool,
    /// How long it was, in simulated milliseconds.
    pub took_ms: u64,
    /// Everything that happened, as one number, and how much that was.
    pub trace: (String, u64),
}

/// Runs the simulation of a seed.
#[must_use]
pub fn run(seed: u64, planted: Planted, trace: &Trace) -> Report {
    let plan = Plan::of(seed);
    let silos = plan.silos;
    let world = Arc::new(World {
        planted,
        store: Arc::new(MemoryStore::new()),
        history: History::default(),
        trace: trace.clone(),
        rollback: Arc::default(),
        away: (0..silos).map(|_| Arc::default()).collect(),
        expelled: (0..silos).map(|_| AtomicBool::new(false)).collect(),
        starts: AtomicU64::new(0),
        plan,
    });
    let latency = Duration::from_millis(world.plan.odds.packet_ms);
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .tick_duration(Duration::from_millis(1))
        // The same for all packets: in which order a host that crashes closes its connections nobody
        // can say, and no chance is to depend on it. What varies is how long requests take.
        .min_message_latency(latency)
        .max_message_latency(latency)
        .simulation_duration(Duration::from_secs(3_600))
        .build();
    for (index, name) in SILOS.into_iter().enumerate().take(silos) {
        let world = Arc::clone(&world);
        sim.host(name, move || live(Arc::clone(&world), index));
    }
    let mut simulation = Simulation {
        sim,
        world: Arc::clone(&world),
        down: vec![None; silos],
        crashed: vec![false; silos],
        expelled: 0,
        wrong: Vec::new(),
    };
    simulation.go();
    let took_ms = simulation.now_ms();
    let (expelled, mut wrong) = (simulation.expelled, std::mem::take(&mut simulation.wrong));
    drop(simulation);
    let lost = world.rollback.lost();
    wrong.extend(now(check::all(&world.store, &world.history, lost)));
    let asked = world.history.asked();
    Report {
        seed,
        wrong,
        answered: asked.iter().filter(|a| a.answered_ms.is_some()).count(),
        asked: asked.len(),
        expelled,
        faults: world.plan.faults.len(),
        went_back: lost.is_some(),
        took_ms,
        trace: trace.sum(),
    }
}

struct Simulation<'a> {
    sim: Sim<'a>,
    world: Arc<World>,
    /// By silo, when one that was taken for dead starts again.
    down: Vec<Option<u64>>,
    crashed: Vec<bool>,
    expelled: u32,
    wrong: Vec<String>,
}

impl Simulation<'_> {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.sim.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn go(&mut self) {
        let faults = self.world.plan.faults.clone();
        let mut faults = faults.into_iter().peekable();
        loop {
            let now_ms = self.now_ms();
            while let Some((_, fault)) = faults.next_if(|(at_ms, _)| *at_ms <= now_ms) {
                self.world.trace.note(|| format!("{fault:?}"));
                self.happens(fault);
            }
            self.restart_expelled(now_ms);
            if let Err(error) = self.sim.step() {
                return self.wrong.push(format!("a silo ended: {error}"));
            }
            if now_ms < END_MS || !now_ms.is_multiple_of(100) {
                continue;
            }
            // What a shard would have to take that takes nothing never arrives.
            if now_ms > END_MS + QUIET_MS_MAX
                || self.world.rollback.lost().is_some()
                || now(check::on_its_way(&self.world.store)).is_empty()
            {
                return;
            }
        }
    }

    fn happens(&mut self, fault: Fault) {
        let (sim, away) = (&mut self.sim, &self.world.away);
        match fault {
            Fault::Crash(silo) => {
                self.crashed[silo] = true;
                sim.crash(SILOS[silo]);
            }
            Fault::Restart(silo) => {
                // It may have been crashed twice, and be back already.
                if std::mem::take(&mut self.crashed[silo]) {
                    self.down[silo] = None;
                    self.world.expelled[silo].store(false, Ordering::Relaxed);
                    sim.bounce(SILOS[silo]);
                }
            }
            Fault::Partition(one, other) => sim.partition(SILOS[one], SILOS[other]),
            Fault::PartitionOneWay(one, other) => sim.partition_oneway(SILOS[one], SILOS[other]),
            Fault::Mend(one, other) => sim.repair(SILOS[one], SILOS[other]),
            Fault::Hold(one, other) => sim.hold(SILOS[one], SILOS[other]),
            Fault::Release(one, other) => sim.release(SILOS[one], SILOS[other]),
            Fault::NoStore(silo) => away[silo].store(true, Ordering::Relaxed),
            Fault::Remember(number) => {
                let shard = account(&format!("k{number}")).shard();
                self.world.rollback.remember(&self.world.store, shard);
            }
            Fault::GoBack => self.world.rollback.go_back(&self.world.store),
            Fault::StoreAgain(silo) => away[silo].store(false, Ordering::Relaxed),
        }
    }

    /// A silo that was taken for dead ends, and whoever watches its process starts it again.
    fn restart_expelled(&mut self, now_ms: u64) {
        for (silo, name) in SILOS.into_iter().enumerate().take(self.down.len()) {
            if self.crashed[silo] {
                continue;
            }
            if self.world.expelled[silo].swap(false, Ordering::Relaxed) {
                self.expelled += 1;
                self.down[silo] = Some(now_ms + RESTART_MS);
                self.sim.crash(name);
            }
            if self.down[silo].is_some_and(|at_ms| at_ms <= now_ms) {
                self.down[silo] = None;
                self.sim.bounce(name);
            }
        }
    }
}

/// What a future of the store in memory comes to, which never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime that waits for nothing needs nothing");
    runtime.block_on(future)
}
