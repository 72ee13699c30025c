//! Resident memory of active actors: 200,000 with 300 bytes of state each, on the embedded
//! store. The base is the same process with its store open and no actor in memory.
//!
//! `cargo bench -p pizza-runtime --bench active_actors`

#[path = "../tests/runtime/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::Durability;
use serde_json::json;

use fixture::{Probes, World};

// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACTORS: usize = 200_000;
const STATE_BYTES: usize = 300;
/// What the probe's state has beside its filling.
const STATE_FRAME_BYTES: usize = 33;
const AT_ONCE: usize = 256;
/// Names the directory to fill, for the process that does it.
const FILL: &str = "ACTIVE_ACTORS_FILL";

async fn each(probes: &Probes, what: impl AsyncFn(&Probes, String)) {
    let numbers = stream::iter(0..ACTORS);
    numbers
        .for_each_concurrent(AT_ONCE, |number| what(probes, format!("actor-{number}")))
        .await;
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: usize = kib.and_then(|kib| kib.parse().ok()).expect("a number");
    kib << 10
}

/// Makes the actors in a process of its own, so that what it freed is in nobody's way.
async fn fill(dir: &Path) {
    let probes = world(dir).silo("first").await;
    each(&probes, async |probes, key| {
        let filling = STATE_BYTES - STATE_FRAME_BYTES;
        probes.act(&key, json!([{ "fill": filling }])).await;
    })
    .await;
    probes.silo.drain().await;
}

fn world(dir: &Path) -> World {
    let options = Options {
        durability: Durability::Process,
        ..Options::default()
    };
    World::on(Arc::new(
        EmbeddedStore::open(dir, options).expect("a store"),
    ))
}

#[tokio::main]
#[allow(clippy::print_stdout, reason = "it is how a measurement is told")]
async fn main() {
    if let Ok(dir) = std::env::var(FILL) {
        return fill(Path::new(&dir)).await;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let program = std::env::current_exe().expect("this program");
    let filled = Command::new(program).env(FILL, dir.path()).status();
    assert!(filled.expect("this program runs").success());

    let world = world(dir.path());
    let probes = world.silo("second").await;
    probes.read("warm-up", "read").await;
    let base = resident_bytes();
    each(&probes, async |probes, key| {
        assert_eq!(probes.read(&key, "read").await["count"], 1);
    })
    .await;
    let record = world.store.record(&fixture::actor("actor-7")).await;
    let state = record.expect("readable").and_then(|record| record.state);
    let state_bytes = state.map_or(0, |state| state.bytes.len());
    let active = probes.silo.stats().actors_in_memory;
    let resident = resident_bytes();
    println!(
        "{active} active actors with {state_bytes} bytes of state: {} MB resident, {} MB of it \
         without them; {} bytes an actor, the store's own growth included",
        resident >> 20,
        base >> 20,
        resident.saturating_sub(base) / active.max(1),
    );
}
