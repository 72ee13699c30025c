//! What the restaurant asks of its tables: a batch of events reads once what it is about, whatever
//! else the tables have.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use pizza_guest::{
    Entries, Grant, HostConfig, Invocation, Manifest, Module, StoredEntries, Turn, TypeSettings,
    WasmHost,
};
use pizza_types::{
    ActorId, Body, CallError, EntryLimit, EntryMap, EntryPage, EntryRange, MessageId, Outcome,
    StateWrite, StreamEvent,
};

use crate::common::compile;

const NOW_MS: u64 = 1_800_000_000_000;
const BATCH: u64 = 256;

/// All the entries there are, none of them in the actor's memory.
#[derive(Default)]
struct Store {
    entries: EntryMap,
    /// How many names each question was about, and how many entries each range gave.
    asked: Mutex<Vec<usize>>,
    ranges: Mutex<Vec<usize>>,
}

#[async_trait]
impl StoredEntries for Store {
    async fn get(&self, names: &[Arc<str>], _: usize) -> Result<Vec<Option<Bytes>>, CallError> {
        self.asked.lock().push(names.len());
        let entries = names.iter().map(|name| self.entries.get(name).flatten());
        Ok(entries.map(|bytes| bytes.cloned()).collect())
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, CallError> {
        let page = self.entries.page(range, limit);
        self.ranges.lock().push(page.entries.len());
        Ok(page)
    }
}

/// A batch of events about orders of their own.
fn batch(first: u64) -> Invocation {
    let event = |number: u64| StreamEvent {
        position: number + 1,
        payload: format!(
            "{{\"orderId\":\"order-{number}\",\"customerId\":\"c\",\"at\":{0},\"version\":1,\
             \"status\":\"created\",\"late\":false,\"totalCents\":900,\"createdAt\":{0}}}",
            NOW_MS + number
        )
        .into(),
    };
    Invocation::Message(Body::Events {
        stream: "restaurant-orders".into(),
        events: (first..first + BATCH).map(event).collect(),
    })
}

async fn run(module: &Module, entries: Entries, state: &StateWrite, first: u64) -> Outcome {
    let id = ActorId::new("restaurant", "roma").expect("a valid id");
    let mut turn = Turn::alone(id, batch(first), MessageId([first as u8; 16]), NOW_MS);
    turn.deadline_ms_left = 60_000;
    turn.entries = entries;
    if let StateWrite::Set(state) = state {
        turn.state = Some(state.clone());
    }
    module.run(turn).await.expect("an outcome")
}

#[tokio::test]
async fn a_batch_of_events_reads_once_what_it_is_about() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiled = compile::compile(root, &["restaurant"]).expect("it compiles");
    let wasm = std::fs::read(compiled.join(compile::file("restaurant"))).expect("a component");
    let host = WasmHost::new(HostConfig {
        cache_dir: Some(root.join("target/test-cache")),
        ..HostConfig::default()
    });
    let host = host.expect("an engine");
    let mut settings = TypeSettings {
        grant: Grant::Exactly(Manifest::everything()),
        ..TypeSettings::default()
    };
    settings.limits.cpu_ms = 2_000;
    let module = host.load("restaurant", &wasm, settings).await;
    let module = module.expect("the module loads");

    let (mut entries, mut state) = (EntryMap::default(), StateWrite::Keep);
    let mut counts = Vec::new();
    // The table grows to 20,000 orders meanwhile.
    for first in (0..20_000).step_by(BATCH as usize) {
        let store = Arc::new(Store {
            entries: entries.clone(),
            ..Store::default()
        });
        let memory = EntryMap::default();
        let read = Entries::some(memory.clone(), memory, Arc::clone(&store) as _);
        let outcome = run(&module, read, &state, first).await;
        for write in outcome.entries {
            match write.bytes {
                Some(bytes) => entries.set(write.name, Some(bytes)),
                None => entries.forget(&write.name),
            }
        }
        if let StateWrite::Set(_) = &outcome.state {
            state = outcome.state;
        }
        let asked = store.asked.lock().clone();
        let ranges = store.ranges.lock().clone();
        counts.push((asked, ranges));
    }
    assert!(entries.len() > 2 * 20_000, "{} entries", entries.len());
    for (asked, ranges) in &counts[1..] {
        // The orders' lines, the five states, an hour and a day, at once; and what is too old.
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(asked[0] <= BATCH as usize + 8, "{asked:?}");
        assert_eq!(ranges.len(), 3, "{ranges:?}");
        assert!(ranges.iter().sum::<usize>() <= 3, "{ranges:?}");
    }
}
