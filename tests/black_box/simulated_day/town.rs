//! A silo with the pizzeria's actors, and one restaurant in it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pizza_guest::{HostConfig, TypeSettings, WasmHost};
use pizza_runtime::{
    Catalog, ManualClock, Membership, Nobody, Parts, Policy, SeededEntropy, Settings, Silo,
};
use pizza_store::{DeadLetterStore, MemoryStore, Store};
use pizza_types::{ActorId, Body, CallError, Chain, Envelope, SiloId};
use serde_json::{Value, json};

use crate::common::machine::{self, Shared};
use crate::common::{bundled, compile};

pub(crate) struct Town {
    _machine: Shared,
    silo: Silo,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    _host: WasmHost,
    /// Every order that was taken.
    pub(crate) orders: Vec<String>,
    /// Those that had not ended when they were looked at last.
    pub(crate) live: Vec<String>,
    /// Of an order: the version at which its course was looked at, and whether people make it.
    pub(crate) courses: HashMap<String, (u64, bool)>,
    wished: usize,
}

/// An actor, and the feature that makes a mistake in it.
pub(crate) type Planted = (&'static str, &'static str);

async fn catalog(planted: Option<Planted>, whole_turns: bool) -> (WasmHost, Catalog) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let actors = bundled::bundled(root).expect("the manifests are there");
    let compiled = compile::compile(root, &actors).expect("the actors compile");
    let config = HostConfig {
        cache_dir: Some(root.join("target/test-cache")),
        ..HostConfig::default()
    };
    let host = WasmHost::new(config).expect("an engine");
    let catalog = Catalog::default();
    for actor in &actors {
        let file = match planted {
            Some((of, mistake)) if of == *actor => {
                compile::variant(root, actor, mistake).expect("it compiles")
            }
            _ => compiled.join(compile::file(actor)),
        };
        let wasm = std::fs::read(file).expect("a component");
        let mut settings = TypeSettings {
            whole_turns,
            ..TypeSettings::default()
        };
        settings.limits.cpu_ms = 500;
        let module = host.load(actor, &wasm, settings).await;
        // What is gathered would wait for a clock that stands still.
        let policy = Policy {
            events_gather_ms: 0,
            ..Policy::default()
        };
        catalog.set(module.expect("it loads"), policy);
    }
    (host, catalog)
}

impl Town {
    /// `whole_turns` says which way turns go.
    pub(crate) async fn open(planted: Option<Planted>, whole_turns: bool) -> Self {
        let (host, catalog) = catalog(planted, whole_turns).await;
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let id = SiloId("town".into());
        let silo = Silo::start(Parts {
            cells: None,
            archive: Arc::new(pizza_runtime::NoArchive),
            membership: Arc::new(Membership::alone(&id)),
            network: Arc::new(Nobody),
            store: Arc::clone(&store) as Arc<dyn Store>,
            catalog: Arc::new(catalog),
            clock: Arc::clone(&clock) as Arc<_>,
            cpu: Arc::new(pizza_runtime::ManualCpu::default()),
            entropy: Arc::new(SeededEntropy::new(1)),
            settings: Settings::default(),
        });
        let town = Self {
            _machine: machine::share(),
            silo: silo.await.expect("a silo starts"),
            store,
            clock,
            _host: host,
            orders: Vec::new(),
            live: Vec::new(),
            courses: HashMap::new(),
            wished: 0,
        };
        let profile = json!([{
            "name": "Napoli", "region": "eu", "location": {"lat": 40.85, "lon": 14.27},
            "open": true, "drivers": super::DRIVERS,
        }]);
        town.tell("restaurant", "napoli", "configure", profile)
            .await;
        for (pizza, rare) in [
            ("Margherita", "basil"),
            ("Diavola", "chili"),
            ("Truffle", "truffle"),
        ] {
            let ingredients = json!([
                {"ingredient": "dough", "quantity": 1}, {"ingredient": rare, "quantity": 2},
            ]);
            let recipe = json!([{
                "pizzaType": pizza, "priceCents": 900, "ingredients": ingredients,
            }]);
            town.tell("inventory", "napoli", "set-recipe", recipe).await;
        }
        for chef in super::CHEFS {
            town.tell("kitchen", "napoli", "clock-in", json!([chef]))
                .await;
        }
        town.fill_up(20).await;
        town.settle().await;
        town
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.silo.now_ms()
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
            deadline_ms: self.now_ms() + 30_000,
            chain: Chain::default(),
            caller: None,
            trace: None,
        });
        let reply = reply.await?;
        Ok(serde_json::from_slice(&reply.body).expect("JSON"))
    }

    /// Anybody who is told may decline, but must answer.
    pub(crate) async fn tell(&self, ty: &str, key: &str, method: &str, arguments: Value) {
        let answer = self.call(ty, key, method, &arguments).await;
        let answer = answer.unwrap_or_else(|e| panic!("{ty}/{key} {method} {arguments}: {e}"));
        let known = answer.get("ok").is_some() || answer.get("err").is_some();
        assert!(known, "{ty}/{key} {method}: {answer}");
    }

    /// The answer, or its `ok`.
    pub(crate) async fn read(&self, ty: &str, key: &str, query: &str) -> Value {
        let answer = self.call(ty, key, query, &json!([])).await;
        let answer = answer.unwrap_or_else(|e| panic!("{ty}/{key} {query}: {e}"));
        answer.get("ok").cloned().unwrap_or(answer)
    }

    /// All orders in the kitchen's queue.
    pub(crate) async fn queue(&self) -> Vec<String> {
        let mut queue: Vec<String> = Vec::new();
        loop {
            let page = json!([queue.last(), 200]);
            let page = self.call("kitchen", "napoli", "queue", &page).await;
            let page = page.expect("an answer");
            let tickets = page.as_array().expect("a list");
            let id = |ticket: &Value| ticket["orderId"].as_str().expect("an id").to_owned();
            queue.extend(tickets.iter().map(id));
            if tickets.len() < 200 {
                return queue;
            }
        }
    }

    pub(crate) async fn order(&mut self, pizza: &str, quantity: u32) {
        self.wished += 1;
        let id = format!("order-{}", self.wished);
        let wish = json!([{
            "customerId": "c", "restaurantId": "napoli",
            "items": [{"pizzaType": pizza, "quantity": quantity}],
        }]);
        let made = self.call("order", &id, "create", &wish).await;
        let made = made.expect("an answer");
        assert!(made.get("ok").is_some(), "{made}");
        self.live.push(id.clone());
        self.orders.push(id);
    }

    /// Something happens to an order that exists.
    pub(crate) async fn order_is(&self, method: &str, which: u64, arguments: Value) {
        if !self.orders.is_empty() {
            let at = usize::try_from(which % self.orders.len() as u64).expect("an index");
            self.tell("order", &self.orders[at], method, arguments)
                .await;
        }
    }

    /// A step that somebody makes by hand: mostly one that follows.
    pub(crate) async fn by_hand(&self, which: u64, whim: usize) {
        const STEPS: [&str; 5] = [
            "preparing",
            "baking",
            "ready",
            "outForDelivery",
            "delivered",
        ];
        if self.live.is_empty() {
            return;
        }
        let at = usize::try_from(which % self.live.len() as u64).expect("an index");
        let id = &self.live[at];
        let order = self.read("order", id, "get").await;
        let now = STEPS.iter().position(|step| order["status"] == *step);
        let next = now.map_or(0, |now| now + 1);
        // Now and then it falls, out of the oven too, or is somebody's mistake.
        let step = match whim {
            0 => 0,
            1..5 => whim - 1,
            _ => next.min(STEPS.len() - 1),
        };
        self.tell("order", id, "update-status", json!([STEPS[step]]))
            .await;
    }

    /// The person who put an order into the oven by hand takes it out.
    pub(crate) async fn finish_by_hand(&self) {
        for order in self.open_orders().await {
            if order["status"] == "baking" && order["late"] == true {
                let id = order["orderId"].as_str().expect("an id");
                self.tell("order", id, "update-status", json!(["ready"]))
                    .await;
            }
        }
    }

    pub(crate) async fn answer_offer(&self, driver: &str, yes: bool) {
        let state = self.read("driver", driver, "get").await;
        if let Some(order) = state["offer"]["orderId"].as_str() {
            let verb = if yes { "accept" } else { "reject" };
            self.tell("driver", driver, verb, json!([order])).await;
            self.settle().await;
        }
    }

    pub(crate) async fn fill_up(&self, quantity: u32) {
        let names = ["dough", "basil", "chili", "truffle"];
        let amounts = names.map(|name| json!({"ingredient": name, "quantity": quantity}));
        self.tell("inventory", "napoli", "restock", json!([amounts]))
            .await;
    }

    /// Time goes on in small steps, as what happens at one moment moves the next.
    pub(crate) async fn pass(&self, ms: u64) {
        for _ in 0..4 {
            self.clock.advance(Duration::from_millis(ms / 4));
            self.settle().await;
        }
    }

    /// Until nobody has anything to do.
    pub(crate) async fn settle(&self) {
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

    pub(crate) async fn open_orders(&self) -> Vec<Value> {
        let mut open = Vec::new();
        for id in &self.live {
            let order = self.read("order", id, "get").await;
            if !crate::simulated_day::rules::is_over(&order) {
                open.push(order);
            }
        }
        open
    }

    /// What is known of an order that a rule names first.
    pub(crate) async fn tells(&self, broken: &str) -> String {
        for _ in 0..20 {
            self.settle().await;
        }
        let id = broken.split_whitespace().next().unwrap_or_default();
        if !id.starts_with("order-") {
            return String::new();
        }
        let order = self.read("order", id, "get").await;
        let timeline = self.read("order", id, "timeline").await;
        let kitchen = self.read("kitchen", "napoli", "display").await;
        let mut chefs = Vec::new();
        for chef in super::CHEFS {
            let chef = self.read("chef", &format!("napoli.{chef}"), "get").await;
            chefs.push(chef.to_string());
        }
        let letters = self.dead_letters().await;
        format!(
            "{order}\n{timeline}\n{kitchen}\n{}\n{letters:?}",
            chefs.join("\n")
        )
    }

    pub(crate) async fn dead_letters(&self) -> Vec<String> {
        let letters = self.store.dead_letters(0, 100).await.expect("readable");
        let told = |stored: &pizza_store::StoredDeadLetter| {
            let letter = &stored.letter;
            format!(
                "{} {}: {}",
                letter.envelope.target,
                letter.envelope.body.title(),
                letter.error
            )
        };
        letters.iter().map(told).collect()
    }
}
