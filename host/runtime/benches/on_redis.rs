//! Durable turns of a silo on a Redis server, beside what a pipelining client reaches that sends the same
//! script with rows of the same sizes and does nothing else: rates, and what a commit costs the server and
//! this process of CPU. Both by turns, in one run.
//!
//! `cargo bench -p pizza-runtime --bench on_redis`; `APPENDFSYNC=always` (or `everysec`) has the server sync.

#![allow(clippy::print_stdout, reason = "figures")]

#[path = "../tests/runtime/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;
#[path = "../../store-redis/tests/servers/ports.rs"]
mod ports;
#[path = "../../store-redis/tests/servers/process.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod process;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pizza_store::{ActorStore as _, Commit, EndWrite, Handled, Leaving, StoredReply};
use pizza_store_redis::{Options, RedisStore};
use pizza_types::{ActorId, MessageId, SiloId, State, StateWrite};
use redis::aio::MultiplexedConnection;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use fixture::{Probes, World, actor};
use process::Process;

// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Callers, each with an actor of its own.
const CALLERS: usize = 256;
/// As many connections as the store has to a server.
const CONNECTIONS: usize = 8;
const ROUND: Duration = Duration::from_secs(4);
const ROUNDS: usize = 5;
/// Ticks of `/proc/PID/stat` in a second (proc(5), `_SC_CLK_TCK`).
const TICKS: f64 = 100.0;

/// What one round came to: commits a second, and microseconds of CPU for each, of the server and of this
/// process.
#[derive(Clone, Copy)]
struct Figures {
    rate: f64,
    server_us: f64,
    own_us: f64,
}

/// CPU time of a process so far, user mode and kernel, in seconds.
fn cpu_s(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let (_, rest) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks = ticks.map(|field| field.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() / TICKS
}

/// Has every caller do it again and again until the round is over.
async fn round<F: Future<Output = ()> + Send + 'static>(
    server: &str,
    call: impl Fn(usize, u64) -> F + Clone + Send + Sync + 'static,
) -> Figures {
    let (own_before, server_before) = (cpu_s("self"), cpu_s(server));
    let (begun, done) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (call, done) = (call.clone(), Arc::clone(&done));
        callers.spawn(async move {
            let mut own = 0;
            while begun.elapsed() < ROUND {
                call(caller, own).await;
                own += 1;
            }
            done.fetch_add(own, Ordering::Relaxed);
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.expect("no panic");
    }
    let took = begun.elapsed().as_secs_f64();
    let count = done.load(Ordering::Relaxed) as f64;
    Figures {
        rate: count / took,
        server_us: (cpu_s(server) - server_before) * 1e6 / count,
        own_us: (cpu_s("self") - own_before) * 1e6 / count,
    }
}

/// A commit as the probe's turn makes it.
fn commit(actor: ActorId, version: u64, like: &StoredReply, state: &State) -> Commit {
    let id = MessageId::derive("bench", &[actor.key().as_bytes(), &version.to_le_bytes()]);
    Commit {
        owner: SiloId("bare".into()),
        epoch: u64::from(version > 0),
        version,
        now_ms: fixture::START_MS,
        module: Some(pizza_types::ModuleDigest::of(b"a module")),
        state: StateWrite::Set(state.clone()),
        entries: Vec::new(),
        handled: Some(Handled {
            id,
            reply: like.clone(),
        }),
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving::default(),
        cursor: None,
        ending: EndWrite::Keep,
        actor,
    }
}

/// A client that has nothing to do but to send commits.
#[derive(Clone)]
struct Bare {
    store: Arc<RedisStore>,
    connections: Arc<Vec<MultiplexedConnection>>,
    /// What a turn of the silo has written, for the sizes of it.
    like: Arc<(StoredReply, State)>,
    round: usize,
}

impl Bare {
    async fn commit(self, caller: usize, version: u64) {
        let actor = actor(&format!("bare-{}-{caller}", self.round));
        let (like, state) = &*self.like;
        let commit = commit(actor, version, like, state);
        let command = self.store.command(&commit).expect("a command");
        let mut connection = self.connections[caller % CONNECTIONS].clone();
        let said: Vec<redis::Value> = command
            .query_async(&mut connection)
            .await
            .expect("an answer");
        let is_taken = matches!(&said[0], redis::Value::BulkString(what) if what == b"taken");
        assert!(is_taken, "{said:?}");
    }
}

async fn written(store: &RedisStore, probes: &Probes) -> (StoredReply, State) {
    let envelope = probes.acting("like", &json!([]));
    let (id, target) = (envelope.id, envelope.target.clone());
    probes.deliver(envelope).await.expect("an answer");
    let reply = store.handled(&target, id).await.expect("read");
    let copy = pizza_store::InspectionStore::copy(store, &target).await;
    let state = copy.expect("read").and_then(|stored| stored.record.state);
    (reply.expect("a row"), state.expect("a state"))
}

async fn connected() -> (Process, Arc<RedisStore>) {
    let sync = std::env::var("APPENDFSYNC").unwrap_or_else(|_| "no".to_owned());
    println!("appendonly yes, appendfsync {sync}; {CALLERS} callers, two kinds by turns");
    let server = Process::start(&["--appendonly", "yes", "--appendfsync", &sync]);
    let options = Options::at(format!("redis://{}/", server.address()));
    loop {
        match RedisStore::connect(&options).await {
            Ok(store) => return (server, Arc::new(store)),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn run() {
    let (server, store) = connected().await;
    let client = redis::Client::open(format!("redis://{}/", server.address())).expect("an address");
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let connection = client.get_multiplexed_async_connection().await;
        connections.push(connection.expect("a connection"));
    }
    let info: String = redis::cmd("INFO")
        .arg("server")
        .query_async(&mut connections[0])
        .await
        .expect("an answer");
    let pid = info
        .lines()
        .find_map(|line| line.strip_prefix("process_id:"));
    let pid = pid.expect("its id").trim().to_owned();
    let probes = World::on(Arc::clone(&store) as Arc<_>).silo("bench").await;
    let bare = Bare {
        like: Arc::new(written(&store, &probes).await),
        connections: Arc::new(connections),
        store,
        round: 0,
    };
    let mut all: [Vec<Figures>; 2] = Default::default();
    for number in 0..=ROUNDS {
        let bare = Bare {
            round: number,
            ..bare.clone()
        };
        let probes = probes.clone();
        let alone = round(&pid, move |caller, version| {
            bare.clone().commit(caller, version)
        })
        .await;
        let silo = round(&pid, move |caller, _| {
            let probes = probes.clone();
            async move {
                let key = format!("silo-{caller}");
                let reply = probes.deliver(probes.acting(&key, &json!([]))).await;
                reply.expect("an answer");
            }
        })
        .await;
        // The first one warms up.
        if number > 0 {
            all[0].push(alone);
            all[1].push(silo);
        }
    }
    for (name, rounds) in ["a client alone", "a silo"].iter().zip(&all) {
        let median = |of: fn(&Figures) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "{name}: {:.0} commits/s; CPU of each: Redis {:.1} us, this process {:.1} us",
            median(|f| f.rate),
            median(|f| f.server_us),
            median(|f| f.own_us),
        );
    }
    let ratios = all[0].iter().zip(&all[1]).map(|(a, b)| b.rate / a.rate);
    let ratios: Vec<String> = ratios.map(|ratio| format!("{ratio:.2}")).collect();
    println!("a silo of a client alone: {}", ratios.join(", "));
}

fn main() {
    Runtime::new().expect("a runtime").block_on(run());
}
