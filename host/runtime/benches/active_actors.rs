//! Resident memory of active actors: 200,000 with 300 bytes of state each, on the embedded
//! store. The base is the same process with the same store, and no actor in memory.
//!
//! `cargo bench -p pizza-runtime --bench active_actors`

#[path = "../tests/runtime/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;

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

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options {
        durability: Durability::Process,
        ..Options::default()
    };
    let store = EmbeddedStore::open(dir.path(), options).expect("a store");
    let world = World::on(Arc::new(store));

    let probes = world.silo("first").await;
    each(&probes, async |probes, key| {
        let filling = STATE_BYTES - STATE_FRAME_BYTES;
        probes.act(&key, json!([{ "fill": filling }])).await;
    })
    .await;
    let record = world.store.record(&fixture::actor("actor-7")).await;
    let state = record.expect("readable").and_then(|record| record.state);
    let state_bytes = state.map_or(0, |state| state.bytes.len());
    probes.silo.drain().await;
    drop(probes);

    let probes = world.silo("second").await;
    let base = resident_bytes();
    each(&probes, async |probes, key| {
        assert_eq!(probes.read(&key, "read").await["count"], 1);
    })
    .await;
    let active = probes.silo.stats().actors_in_memory;
    let resident = resident_bytes();
    println!(
        "{active} active actors with {state_bytes} bytes of state: {} MB resident, {} MB of it \
         without them; {} bytes an actor",
        resident >> 20,
        base >> 20,
        resident.saturating_sub(base) / active.max(1),
    );
}
