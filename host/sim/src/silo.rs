//! What runs on each host: a silo that joins, serves the others, and has clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use pizza_clock::Clock;
use pizza_cluster::heartbeat::Heartbeat;
use pizza_cluster::join::{self, Joining};
use pizza_cluster::transport::{self, Links, Server};
use pizza_cluster::{ClusterSettings, Membership, Pulse};
use pizza_runtime::{
    Catalog, ManualCpu, NoArchive, Parts, Placement, Policy, SeededEntropy, Settings, Silo,
};
use pizza_store::{MemberState, MemoryStore, Store};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Handle;
use turmoil::net::TcpListener;

use crate::account::Accounts;
use crate::clients::{Client, History};
use crate::network::{LossyNetwork, SimDial};
use crate::plan::{LABEL, LABELLED, Plan, SILOS};
use crate::planted::Planted;
use crate::rollback::Rollback;
use crate::store::SimStore;
use crate::sums::Sums;
use crate::trace::Trace;

const PORT: u16 = 7_000;
/// How many clients each silo has; the last one only reads.
const CLIENTS: u64 = 3;
/// How long a silo that could not start waits, in milliseconds.
const AGAIN_MS: u64 = 200;

/// What all silos of a simulation share.
pub struct World {
    pub plan: Plan,
    pub planted: Planted,
    pub store: Arc<MemoryStore>,
    pub history: History,
    pub trace: Trace,
    pub rollback: Arc<Rollback>,
    /// By silo, whether it cannot reach the store, and whether the others have taken it for dead.
    pub away: Vec<Arc<AtomicBool>>,
    pub expelled: Vec<AtomicBool>,
    /// How often any silo has started: the seed of what it does by chance.
    pub starts: AtomicU64,
}

/// A silo's life, until the others take it for dead.
///
/// # Errors
/// When its port is taken.
pub async fn live(world: Arc<World>, index: usize) -> turmoil::Result {
    let start = world.starts.fetch_add(1, Ordering::Relaxed);
    let seed = world.plan.seed.wrapping_mul(1_000).wrapping_add(start);
    let clock: Arc<dyn Clock> = Arc::new(world.plan.clocks[index]);
    let store = Arc::new(SimStore {
        inner: Arc::clone(&world.store),
        odds: world.plan.odds,
        rng: Mutex::new(StdRng::seed_from_u64(seed)),
        away: Arc::clone(&world.away[index]),
        rollback: Arc::clone(&world.rollback),
        planted: world.planted,
        trace: world.trace.clone(),
        name: SILOS[index],
        opened: Mutex::default(),
        dropped: Mutex::default(),
        applied: Mutex::default(),
    });
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let mut settings = ClusterSettings::default();
    if world.planted == Planted::NoLease {
        settings.lease_ms = u64::MAX / 2;
    }
    let membership = joined(&store, &*clock, &settings, index).await;
    world.trace.note(|| format!("joined {}", membership.me()));
    let dial = Arc::new(SimDial);
    let speech = transport::Settings::default();
    let links = Links::new(Arc::clone(&membership), dial, Arc::clone(&clock), speech);
    let network = Arc::new(LossyNetwork {
        inner: links,
        odds: world.plan.odds,
        rng: Mutex::new(StdRng::seed_from_u64(seed + 1)),
        trace: world.trace.clone(),
    });
    let heartbeat = Heartbeat {
        membership: Arc::clone(&membership),
        store: Arc::clone(&store) as Arc<_>,
        network: Arc::clone(&network) as Arc<_>,
        clock: Arc::clone(&clock),
        settings,
        pulse: Pulse::of_this_runtime(&clock),
        workers: Handle::current(),
    };
    // One thread is all that there is here.
    let heartbeats = tokio::spawn(heartbeat.run());
    let silo = loop {
        let parts = parts(&world, &membership, &network, &store, &clock, index, seed);
        match Silo::start(parts).await {
            Ok(silo) => break silo,
            Err(_) => tokio::time::sleep(Duration::from_millis(AGAIN_MS)).await,
        }
    };
    let (me, service) = (membership.me().clone(), Arc::new(silo.clone()));
    let server = Server::new(me, service, Arc::clone(&clock), speech, None);
    tokio::spawn(accept(listener, Arc::new(server)));
    serves(&store, &membership).await;
    for number in 0..CLIENTS {
        let client = Client {
            name: format!("c{start}.{number}"),
            only_reads: number + 1 == CLIENTS,
            silo: silo.clone(),
            rng: StdRng::seed_from_u64(seed + 2 + number),
            history: world.history.clone(),
            trace: world.trace.clone(),
        };
        tokio::spawn(client.run());
    }
    let _ = heartbeats.await;
    world.trace.note(|| format!("expelled {}", membership.me()));
    world.expelled[index].store(true, Ordering::Relaxed);
    Ok(())
}

/// Is given actors from now on, however often the store must be asked; unless it was taken for dead meanwhile.
async fn serves(store: &SimStore, membership: &Membership) {
    let mark = || join::mark(store, membership, membership.me(), MemberState::Live);
    while !membership.is_expelled() && mark().await.is_err() {
        tokio::time::sleep(Duration::from_millis(AGAIN_MS)).await;
    }
}

/// Joins, however often the store must be asked.
async fn joined(
    store: &SimStore,
    clock: &dyn Clock,
    settings: &ClusterSettings,
    index: usize,
) -> Arc<Membership> {
    let name = SILOS[index];
    let labels = (index < LABELLED)
        .then(|| LABEL.into())
        .into_iter()
        .collect();
    let address = format!("{name}:{PORT}");
    let joining = Joining {
        name,
        address: &address,
        edges: None,
        labels: &labels,
    };
    loop {
        match join::join(store, clock, settings, joining).await {
            Ok(membership) => return membership,
            Err(_) => tokio::time::sleep(Duration::from_millis(AGAIN_MS)).await,
        }
    }
}

fn parts(
    world: &Arc<World>,
    membership: &Arc<Membership>,
    network: &Arc<LossyNetwork>,
    store: &Arc<SimStore>,
    clock: &Arc<dyn Clock>,
    index: usize,
    seed: u64,
) -> Parts {
    let catalog = Arc::new(Catalog::default());
    let history = world.history.clone();
    let accounts = Accounts::new(world.trace.clone(), move |early| history.wrong(early));
    let policy = Policy {
        delivery_ms: 5_000,
        placement: world.plan.placement.clone(),
        ..Policy::default()
    };
    catalog.set(Arc::new(accounts), policy);
    let at_random = Policy {
        placement: Placement::Random,
        ..Policy::default()
    };
    catalog.set(Arc::new(Sums::default()), at_random);
    let cpu = ManualCpu::default();
    cpu.set(world.plan.cpu_permille[index]);
    Parts {
        cells: None,
        membership: Arc::clone(membership),
        network: Arc::clone(network) as Arc<_>,
        store: Arc::clone(store) as Arc<dyn Store>,
        archive: Arc::new(NoArchive),
        catalog,
        clock: Arc::clone(clock),
        cpu: Arc::new(cpu),
        entropy: Arc::new(SeededEntropy::new(seed)),
        settings: Settings::default(),
    }
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    while let Ok((stream, _)) = listener.accept().await {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.serve(Box::new(stream)).await });
    }
}
