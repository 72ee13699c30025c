//! One actor that 64 callers ask at once, by commands: how many turns a second it makes, on the
//! store in memory and on the embedded one, where each is durable by fsync before it is answered. The guest
//! is a real one, and everything between its caller and the disk is there but the network.
//!
//! `cargo bench -p pizza-runtime --bench hot_actor`

#[path = "../tests/runtime/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::Durability;
use serde_json::json;
use tokio::runtime::Runtime;

use fixture::{Probes, World};

// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CALLERS: u64 = 64;
const KEY: &str = "hot";

/// So many commands, shared among all callers; each of them waits for its answer.
async fn turns(probes: Probes, count: u64) -> Duration {
    let before = counted(&probes).await;
    let begun = Instant::now();
    let callers = (0..CALLERS).map(|caller| {
        let probes = probes.clone();
        let own = count / CALLERS + u64::from(caller < count % CALLERS);
        tokio::spawn(async move {
            for _ in 0..own {
                let reply = probes.deliver(probes.acting(KEY, &json!([]))).await;
                reply.expect("an answer");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no panic");
    }
    let took = begun.elapsed();
    // A turn that did nothing would be a quick one.
    assert_eq!(counted(&probes).await, before + count);
    took
}

async fn counted(probes: &Probes) -> u64 {
    let view = probes.read(KEY, "read").await;
    view["count"].as_u64().expect("a number")
}

fn hot_actor(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options {
        durability: Durability::Fsync,
        ..Options::default()
    };
    let embedded = EmbeddedStore::open(dir.path(), options).expect("a store");
    let worlds = [
        ("in memory", World::default()),
        ("embedded, fsync", World::on(Arc::new(embedded))),
    ];
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("one hot actor, 64 callers");
    group.throughput(Throughput::Elements(1));
    for (name, world) in &worlds {
        let probes = runtime.block_on(world.silo("bench"));
        group.bench_function(*name, |bencher| {
            bencher
                .to_async(&runtime)
                .iter_custom(|count| turns(probes.clone(), count));
        });
    }
    group.finish();
}

criterion_group!(benches, hot_actor);
criterion_main!(benches);
