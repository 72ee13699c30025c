//! A silo with the probe actor on a store and a clock of the test's own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use pizza_guest::{Grant, HostConfig, Manifest, Module, TypeSettings, WasmHost};
use pizza_runtime::{
    Archive, Catalog, ManualClock, Membership, NoArchive, Nobody, Parts, Policy, SeededEntropy,
    Settings, Silo,
};
use pizza_store::{MemoryStore, Store};
use pizza_types::{ActorId, Body, CallError, Chain, Envelope, MessageId, Reply, SiloId};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

#[path = "../../../../actors/compile.rs"]
mod compile;

/// When the tests begin, in milliseconds since the Unix epoch.
pub(crate) const START_MS: u64 = 1_800_000_000_000;

/// Compiled once for all tests; the host bounds its turns.
static PROBE: OnceCell<(WasmHost, Arc<Module>)> = OnceCell::const_new();

pub(crate) async fn probe() -> Arc<Module> {
    let load = || async {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let compiled = compile::compile(&root, &["probe"]).expect("the probe compiles");
        let wasm = std::fs::read(compiled.join(compile::file("probe"))).expect("a component");
        let config = HostConfig {
            cache_dir: Some(root.join("target/test-cache")),
            ..HostConfig::default()
        };
        let host = WasmHost::new(config).expect("an engine");
        let mut settings = TypeSettings {
            grant: Grant::Exactly(Manifest::everything()),
            ..TypeSettings::default()
        };
        // Tests share two cores with each other.
        settings.limits.cpu_ms = 500;
        settings.limits.wait_ms = 20_000;
        let module = host.load("probe", &wasm, settings).await;
        (host, module.expect("the probe loads"))
    };
    Arc::clone(&PROBE.get_or_init(load).await.1)
}

/// What outlives a silo.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) archive: Arc<dyn Archive>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) policy: Policy,
    pub(crate) settings: Settings,
}

impl Default for World {
    fn default() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }
}

impl World {
    pub(crate) fn on(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            archive: Arc::new(NoArchive),
            clock: Arc::new(ManualClock::at(START_MS)),
            policy: Policy {
                // The clock stands still unless a test moves it.
                events_gather_ms: 0,
                ..Policy::default()
            },
            settings: Settings::default(),
        }
    }

    pub(crate) async fn silo(&self, name: &str) -> Probes {
        let catalog = Arc::new(Catalog::default());
        catalog.set(probe().await, self.policy.clone());
        let id = SiloId(name.into());
        let silo = Silo::start(Parts {
            cells: None,
            // The tests' silos take each other for dead, unless they say otherwise.
            membership: Arc::new(Membership::alone(&id)),
            network: Arc::new(Nobody),
            store: Arc::clone(&self.store),
            archive: Arc::clone(&self.archive),
            catalog,
            clock: Arc::clone(&self.clock) as Arc<_>,
            cpu: Arc::new(pizza_runtime::ManualCpu::default()),
            // Two silos are not to think of the same message ids.
            entropy: Arc::new(SeededEntropy::new(seed(name))),
            settings: self.settings.clone(),
        });
        Probes {
            silo: silo.await.expect("a silo starts"),
        }
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }
}

fn seed(name: &str) -> u64 {
    name.bytes()
        .fold(7, |seed, byte| seed * 31 + u64::from(byte))
}

/// The probes of one silo.
#[derive(Clone)]
pub(crate) struct Probes {
    pub(crate) silo: Silo,
}

pub(crate) fn actor(key: &str) -> ActorId {
    ActorId::new("probe", key).expect("a valid id")
}

pub(crate) fn message(name: &str) -> MessageId {
    MessageId::derive("test", &[name.as_bytes()])
}

impl Probes {
    pub(crate) fn envelope(&self, key: &str, method: &str, arguments: &Value) -> Envelope {
        Envelope {
            target: actor(key),
            body: Body::Call {
                method: method.into(),
                arguments: Bytes::from(arguments.to_string()),
            },
            id: self.silo.fresh_id(),
            deadline_ms: self.silo.now_ms() + 30_000,
            chain: Chain::default(),
            caller: None,
            trace: None,
        }
    }

    pub(crate) fn acting(&self, key: &str, steps: &Value) -> Envelope {
        self.envelope(key, "act", &json!({ "steps": steps }))
    }

    pub(crate) async fn deliver(&self, envelope: Envelope) -> Result<Reply, CallError> {
        let answer = tokio::time::timeout(Duration::from_secs(60), self.silo.deliver(envelope));
        answer.await.expect("an answer within a minute")
    }

    pub(crate) async fn try_act(&self, key: &str, steps: Value) -> Result<Value, CallError> {
        let reply = self.deliver(self.acting(key, &steps)).await?;
        Ok(parsed(&reply))
    }

    /// Does the steps and returns the view, or panics.
    pub(crate) async fn act(&self, key: &str, steps: Value) -> Value {
        let answer = self.try_act(key, steps).await.expect("an answer");
        answer.get("ok").expect("not declined").clone()
    }

    pub(crate) async fn read(&self, key: &str, query: &str) -> Value {
        let reply = self.deliver(self.envelope(key, query, &json!({}))).await;
        parsed(&reply.expect("an answer"))
    }

    pub(crate) async fn notes(&self, key: &str) -> Vec<String> {
        let view = self.read(key, "read").await;
        serde_json::from_value(view["notes"].clone()).expect("a list of notes")
    }

    /// Waits for the notes to be these.
    pub(crate) async fn expect_notes(&self, key: &str, expected: &[&str]) {
        let is_there = async || self.notes(key).await == expected;
        let seen = until(is_there).await;
        assert!(
            seen,
            "expected {expected:?}, found {:?}",
            self.notes(key).await
        );
    }
}

pub(crate) fn parsed(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).expect("JSON")
}

/// Waits for the condition, ten seconds at most, and says whether it came.
pub(crate) async fn until(condition: impl AsyncFn() -> bool) -> bool {
    let started = Instant::now();
    while !condition().await {
        if started.elapsed() > Duration::from_secs(10) {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    true
}

/// Gives what must not happen the chance to happen.
pub(crate) async fn settle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}
