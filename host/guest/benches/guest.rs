//! What a call into a guest costs: on a warm instance, on a fresh one, with text to carry.

#[path = "../tests/guest/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

use fixture::{fresh, hostile, turn};

fn calls(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let warm = runtime.block_on(hostile(|_| ()));
    let cold = runtime.block_on(hostile(fresh));
    let mut group = criterion.benchmark_group("guest");
    group.bench_function("warm instance", |bencher| {
        let call = || warm.module.run(turn("turns", ""));
        bencher.to_async(&runtime).iter(call);
    });
    group.bench_function("fresh instance", |bencher| {
        let call = || cold.module.run(turn("turns", ""));
        bencher.to_async(&runtime).iter(call);
    });
    group.bench_function("64 effects", |bencher| {
        let call = || warm.module.run(turn("effects", "[64]"));
        bencher.to_async(&runtime).iter(call);
    });
    let text = format!("[{:?}]", "x".repeat(4_096));
    group.throughput(Throughput::Bytes(4_096));
    group.bench_function("4 KiB of text", |bencher| {
        let call = || cold.module.run(turn("length", &text));
        bencher.to_async(&runtime).iter(call);
    });
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
