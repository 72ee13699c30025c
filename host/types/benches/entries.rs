//! What a write to an actor's entries costs while a query still reads them as they were.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use pizza_types::EntryMap;

const ENTRIES: usize = 25_000;

fn writes(criterion: &mut Criterion) {
    let names: Vec<Arc<str>> = (0..ENTRIES).map(|n| format!("{n:05}").into()).collect();
    let value = Bytes::from_static(&[b'x'; 64]);
    let entries = || names.iter().map(|name| (Arc::clone(name), value.clone()));
    let mut group = criterion.benchmark_group("a write beside a reader, 25,000 entries");
    let shared: EntryMap = entries().collect();
    group.bench_function("shared", |bencher| {
        bencher.iter(|| {
            let mut map = shared.clone();
            map.set(Arc::clone(&names[7_000]), Some(value.clone()));
            black_box(map)
        });
    });
    let copied: Arc<BTreeMap<Arc<str>, Bytes>> = Arc::new(entries().collect());
    group.bench_function("copied, as before", |bencher| {
        bencher.iter(|| {
            let mut map = Arc::clone(&copied);
            Arc::make_mut(&mut map).insert(Arc::clone(&names[7_000]), value.clone());
            black_box(map)
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("a write that nobody reads beside, 8 entries");
    group.bench_function("shared", |bencher| {
        let mut map: EntryMap = entries().take(8).collect();
        bencher.iter(|| map.set(Arc::clone(&names[3]), Some(value.clone())));
    });
    group.bench_function("as before", |bencher| {
        let mut map: Arc<BTreeMap<Arc<str>, Bytes>> = Arc::new(entries().take(8).collect());
        let name = &names[3];
        bencher.iter(|| Arc::make_mut(&mut map).insert(Arc::clone(name), value.clone()));
    });
    group.finish();
}

criterion_group!(benches, writes);
criterion_main!(benches);
