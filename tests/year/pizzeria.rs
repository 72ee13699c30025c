//! A restaurant with its people on a silo of its own, and how a day goes by there.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io};

use async_trait::async_trait;
use pizza_guest::{HostConfig, TypeSettings, WasmHost};
use pizza_runtime::{
    Archive, Catalog, ManualClock, Membership, Nobody, Parts, Policy, SeededEntropy, Settings, Silo,
};
use pizza_store::{DeadLetterStore, EndedAfter, RetireStore, Store, StoredActor};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::{ActorId, Body, CallError, Chain, Durability, Envelope, ShardSet, SiloId};
use serde_json::{Value, json};

pub(crate) const HOUR_MS: u64 = 3_600_000;
pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;
/// A morning, in milliseconds since the Unix epoch.
const BEGIN_MS: u64 = 1_800_000_000_000;
const CHEFS: [&str; 3] = ["1", "2", "3"];
const DRIVERS: [&str; 3] = ["ada", "bea", "cleo"];
const PIZZAS: [(&str, &str); 2] = [("Margherita", "basil"), ("Diavola", "chili")];
/// Within this time the silo looks once for what may go.
const SWEEP_MS: u64 = 11_000;
/// What is awaited comes within this time.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many orders come at a time.
const WAVE: usize = 5;

pub(crate) struct Pizzeria {
    silo: Silo,
    store: Arc<EmbeddedStore>,
    clock: Arc<ManualClock>,
    archive: Arc<Counted>,
    _host: WasmHost,
    dir: tempfile::TempDir,
    days: u64,
    taken: usize,
    pub(crate) delivered: usize,
    pub(crate) cancelled: usize,
    retire_after_ms: Option<u64>,
}

/// How much there is at one moment.
pub(crate) struct Size {
    /// By table.
    pub(crate) rows: Vec<(&'static str, usize)>,
    pub(crate) disk_kib: u64,
    pub(crate) actors: usize,
    /// Of the whole process.
    pub(crate) memory_kib: u64,
    /// The number of actors that were retired until now.
    pub(crate) retired: usize,
}

impl Size {
    pub(crate) fn all_rows(&self) -> usize {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }
}

/// Counts what is retired.
#[derive(Default)]
struct Counted(AtomicUsize);

#[async_trait]
impl Archive for Counted {
    async fn keep(&self, _: u64, actors: Vec<(ActorId, StoredActor)>) -> io::Result<()> {
        self.0.fetch_add(actors.len(), Ordering::Relaxed);
        Ok(())
    }
}

async fn catalog(retire_after_ms: Option<u64>) -> (WasmHost, Catalog) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let actors = crate::bundled::bundled(root).expect("the manifests are there");
    let compiled = crate::compile::compile(root, &actors).expect("the actors compile");
    let config = HostConfig {
        cache_dir: Some(root.join("target/test-cache")),
        ..HostConfig::default()
    };
    let host = WasmHost::new(config).expect("an engine");
    let catalog = Catalog::default();
    for actor in &actors {
        let file = compiled.join(crate::compile::file(actor));
        let wasm = fs::read(file).expect("a component");
        let mut settings = TypeSettings::default();
        settings.limits.cpu_ms = 500;
        let module = host.load(actor, &wasm, settings).await;
        let policy = Policy {
            // What is gathered would wait for a clock that stands still.
            events_gather_ms: 0,
            retire_after_ms: retire_after_ms.filter(|_| actor == "order"),
            ..Policy::default()
        };
        catalog.set(module.expect("it loads"), policy);
    }
    (host, catalog)
}

impl Pizzeria {
    /// Orders are retired so long after their end, or never.
    pub(crate) async fn open(retire_after_ms: Option<u64>, settings: Settings) -> Self {
        let (host, catalog) = catalog(retire_after_ms).await;
        let dir = tempfile::tempdir().expect("a directory");
        let options = Options {
            // Nobody pulls the plug.
            durability: Durability::Process,
            // Many checkpoints, so that the disk shows what is kept and not what waits.
            segment_bytes: 1 << 20,
            // Full within the first month: what it takes then is not growth.
            cache_bytes: 1 << 20,
            reserve_bytes: 0,
            ..Options::default()
        };
        let store = EmbeddedStore::open(dir.path(), options).expect("a store");
        let store = Arc::new(store);
        let clock = Arc::new(ManualClock::at(BEGIN_MS));
        let archive = Arc::new(Counted::default());
        let id = SiloId("year".into());
        let silo = Silo::start(Parts {
            cells: None,
            archive: Arc::clone(&archive) as Arc<_>,
            membership: Arc::new(Membership::alone(&id)),
            network: Arc::new(Nobody),
            store: Arc::clone(&store) as Arc<dyn Store>,
            catalog: Arc::new(catalog),
            clock: Arc::clone(&clock) as Arc<_>,
            cpu: Arc::new(pizza_runtime::ManualCpu::default()),
            entropy: Arc::new(SeededEntropy::new(1)),
            settings,
        });
        let pizzeria = Self {
            silo: silo.await.expect("a silo starts"),
            store,
            clock,
            archive,
            _host: host,
            dir,
            days: 0,
            taken: 0,
            delivered: 0,
            cancelled: 0,
            retire_after_ms,
        };
        pizzeria.found().await;
        pizzeria
    }

    async fn found(&self) {
        let profile = json!([{
            "name": "Napoli", "region": "eu", "location": {"lat": 40.85, "lon": 14.27},
            "open": true, "drivers": DRIVERS,
        }]);
        self.tell("restaurant", "napoli", "configure", profile)
            .await;
        for (pizza, rare) in PIZZAS {
            let recipe = json!([{"pizzaType": pizza, "priceCents": 900, "ingredients": [
                {"ingredient": "dough", "quantity": 1}, {"ingredient": rare, "quantity": 2},
            ]}]);
            self.tell("inventory", "napoli", "set-recipe", recipe).await;
        }
        self.settle().await;
    }

    /// A day and the night after it, with so many orders.
    pub(crate) async fn day(&mut self, orders: usize) {
        self.days += 1;
        let ends_ms = BEGIN_MS + self.days * DAY_MS;
        let amounts = ["dough", "basil", "chili"]
            .map(|name| json!({"ingredient": name, "quantity": 2 * orders}));
        self.tell("inventory", "napoli", "restock", json!([amounts]))
            .await;
        for chef in CHEFS {
            let chef = json!([format!("napoli.{chef}")]);
            self.tell("kitchen", "napoli", "clock-in", chef).await;
        }
        let mut left = orders;
        while left > 0 {
            let wave = left.min(WAVE);
            let ids = self.wave(wave).await;
            self.serve(ids).await;
            left -= wave;
        }
        for chef in CHEFS {
            let chef = json!([format!("napoli.{chef}")]);
            self.tell("kitchen", "napoli", "clock-out", chef).await;
        }
        for driver in DRIVERS {
            self.tell("driver", driver, "set-status", json!(["offline"]))
                .await;
        }
        assert!(self.clock_ms() < ends_ms, "the day was too short");
        while self.clock_ms() < ends_ms {
            let step = HOUR_MS.min(ends_ms - self.clock_ms());
            self.pass(step).await;
        }
        self.expect_retired().await;
    }

    /// Orders that come at once; returns their ids.
    async fn wave(&mut self, orders: usize) -> Vec<String> {
        for driver in DRIVERS {
            self.tell("driver", driver, "set-status", json!(["available"]))
                .await;
        }
        let mut ids = Vec::new();
        for _ in 0..orders {
            self.taken += 1;
            let id = format!("order-{}", self.taken);
            let (pizza, _) = PIZZAS[self.taken % PIZZAS.len()];
            let wish = json!([{
                "customerId": "c", "restaurantId": "napoli",
                "items": [{"pizzaType": pizza, "quantity": 1}],
            }]);
            self.tell("order", &id, "create", wish).await;
            // Some think better of it.
            if self.taken.is_multiple_of(10) {
                self.tell("order", &id, "cancel", json!([null])).await;
            }
            ids.push(id);
        }
        self.settle().await;
        ids
    }

    /// Everybody does what they should until all of these have ended.
    async fn serve(&mut self, mut open: Vec<String>) {
        for _ in 0..200 {
            for driver in DRIVERS {
                self.drive(driver).await;
            }
            self.pass(120_000).await;
            let mut still = Vec::new();
            for id in open {
                let order = self.read("order", &id, "get").await;
                match order["status"].as_str() {
                    Some("delivered") => self.delivered += 1,
                    Some("cancelled") => self.cancelled += 1,
                    Some("rejected") => panic!("{order}"),
                    _ => still.push(id),
                }
            }
            if still.is_empty() {
                return;
            }
            open = still;
        }
        let order = self.read("order", &open[0], "get").await;
        panic!("orders never end, like {order}");
    }

    /// What a driver does who has something to do.
    async fn drive(&self, driver: &str) {
        let state = self.read("driver", driver, "get").await;
        if let Some(order) = state["offer"]["orderId"].as_str() {
            self.tell("driver", driver, "accept", json!([order])).await;
            self.settle().await;
        }
        for step in ["picked-up", "delivered"] {
            self.tell("driver", driver, step, json!([])).await;
            self.settle().await;
        }
    }

    /// How much there is of everything, once what was to go is gone.
    pub(crate) async fn size(&self) -> Size {
        // A message is remembered for a day: those of the first orders are about to go.
        self.pass(2 * HOUR_MS).await;
        let (mut rows, mut same, begun) = (self.rows().await, 0, Instant::now());
        // As often as it takes a sweep to get its turn on a machine with other work.
        while same < 40 {
            assert!(begun.elapsed() < PATIENCE, "rows come and go: {rows:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
            self.pass(SWEEP_MS).await;
            let before = std::mem::replace(&mut rows, self.rows().await);
            same = if before == rows { same + 1 } else { 0 };
        }
        let status = fs::read_to_string("/proc/self/status").expect("Linux");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|kib| kib.split_whitespace().next()?.parse().ok());
        Size {
            rows,
            disk_kib: bytes(self.dir.path()) >> 10,
            actors: self.silo.stats().actors_in_memory,
            memory_kib: resident.expect("a number of KiB"),
            retired: self.archive.0.load(Ordering::Relaxed),
        }
    }

    async fn rows(&self) -> Vec<(&'static str, usize)> {
        self.store.rows().await.expect("readable")
    }

    /// Waits until no order is in the store whose time was over an hour ago.
    async fn expect_retired(&self) {
        let Some(after_ms) = self.retire_after_ms else {
            return;
        };
        let begun = Instant::now();
        loop {
            let until_ms = self.clock_ms().saturating_sub(after_ms + HOUR_MS);
            let first = EndedAfter::default();
            let ended = self
                .store
                .ended(&ShardSet::ALL, "order", &first, until_ms, 1)
                .await;
            let ended = ended.expect("readable");
            let Some(stays) = ended.first() else {
                return;
            };
            assert!(begun.elapsed() < PATIENCE, "it stays: {stays:?}");
            // Whoever was not done when time moved waits for the next time.
            tokio::time::sleep(Duration::from_millis(2)).await;
            self.pass(SWEEP_MS).await;
        }
    }

    pub(crate) async fn dead_letters(&self) -> usize {
        let letters = self.store.dead_letters(0, 100).await;
        letters.expect("readable").len()
    }

    async fn call(
        &self,
        ty: &str,
        key: &str,
        method: &str,
        arguments: &Value,
    ) -> Result<Value, CallError> {
        let reply = self.silo.deliver(Envelope {
            target: ActorId::new(ty, key).expect("a valid id"),
            body: Body::Call {
                method: method.into(),
                arguments: arguments.to_string().into(),
            },
            id: self.silo.fresh_id(),
            deadline_ms: self.silo.now_ms() + 30_000,
            chain: Chain::default(),
            caller: None,
            trace: None,
        });
        Ok(serde_json::from_slice(&reply.await?.body).expect("JSON"))
    }

    /// Anybody who is told may decline, but must answer.
    async fn tell(&self, ty: &str, key: &str, method: &str, arguments: Value) {
        let answer = self.call(ty, key, method, &arguments).await;
        let answer = answer.unwrap_or_else(|e| panic!("{ty}/{key} {method} {arguments}: {e}"));
        let known = answer.get("ok").is_some() || answer.get("err").is_some();
        assert!(known, "{ty}/{key} {method}: {answer}");
    }

    /// The answer, or its `ok`.
    async fn read(&self, ty: &str, key: &str, query: &str) -> Value {
        let answer = self.call(ty, key, query, &json!([])).await;
        let answer = answer.unwrap_or_else(|e| panic!("{ty}/{key} {query}: {e}"));
        answer.get("ok").cloned().unwrap_or(answer)
    }

    fn clock_ms(&self) -> u64 {
        self.silo.now_ms()
    }

    /// Time goes on in steps, as what happens at one moment moves the next.
    async fn pass(&self, ms: u64) {
        for _ in 0..4 {
            self.clock.advance(Duration::from_millis(ms / 4));
            self.settle().await;
        }
    }

    /// Until nobody has anything to do.
    async fn settle(&self) {
        let mut quiet = 0;
        while quiet < 3 {
            for _ in 0..30 {
                tokio::task::yield_now().await;
            }
            let stats = self.silo.stats();
            let idle = stats.actors_at_work == 0 && stats.outbox_pending == 0;
            quiet = if idle { quiet + 1 } else { 0 };
        }
    }
}

/// What the files in a directory take on the disk, in bytes.
fn bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let mut sum = 0;
    for entry in fs::read_dir(dir).expect("a directory") {
        let entry = entry.expect("an entry");
        // A table that was compacted meanwhile is gone.
        let Ok(about) = entry.metadata() else {
            continue;
        };
        sum += if about.is_dir() {
            bytes(&entry.path())
        } else {
            about.blocks() * 512
        };
    }
    sum
}
