//! Two silos, a gateway and a bridge on a Redis Cluster and a broker, another cell, and what is asked of them.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use pizza_types::ShardId;
use serde_json::{Value, json};

use super::cell::{Cell, Ports};
use super::table::Outcome;
use crate::cluster::modules::pushed;
use crate::cluster::process::{Process, gateway, pizza, silo_as};
use crate::cluster::redis_cluster::RedisCluster;
use crate::common::sse::Reader;
use crate::common::{Answer, compiled, now_ms, request, until};
use crate::mqtt_bridge::broker::Mosquitto;

/// Whoever is answered within this was not waiting, on a busy machine; a gateway gives up after the second.
const AT_ONCE: Duration = Duration::from_millis(3_000);
const CALL_MS_MAX: u64 = 6_000;
/// How long a silo that starts is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) struct Pizzeria {
    pub(super) redis: RedisCluster,
    pub(super) cell: Cell,
    mosquitto: Mutex<Mosquitto>,
    silos: Vec<Process>,
    web: Process,
    _bridge: Process,
    /// The primary of each shard, and that of the view.
    primaries: Vec<usize>,
    pub(super) of_view: usize,
    dir: tempfile::TempDir,
}

/// Where something has its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// With the primary that is stopped.
    There,
    Elsewhere,
}

impl Pizzeria {
    pub(super) fn open() -> Self {
        let redis = RedisCluster::start();
        let mosquitto = Mosquitto::start();
        let dir = tempfile::tempdir().expect("a directory");
        let config = format!("[gateway]\nrate_per_second = 0\ncall_ms_max = {CALL_MS_MAX}\n");
        let ports = Ports::free();
        let with_cell = format!("{config}{}", ports.of_home(&redis.url()));
        std::fs::write(dir.path().join("pizza.toml"), with_cell).expect("written");
        let open = |name, port| silo(&redis.url(), dir.path(), name, port);
        let silos = vec![open("one", ports.home), open("two", 0)];
        let cell = Cell::open(&config, ports);
        let at: Vec<SocketAddr> = silos.iter().map(|silo| silo.address).collect();
        let web = gateway(dir.path(), "web", &at);
        let told: Vec<String> = at.iter().map(ToString::to_string).collect();
        let mut bridge = pizza(dir.path());
        bridge.args(["bridge", "--broker", &mosquitto.url()]);
        bridge.args(["--silo", &told.join(","), "--metrics", "127.0.0.1:0"]);
        let bridge = Process::open(bridge, "metrics");
        let mut tags: Vec<String> = (0..1_024).map(|shard| shard.to_string()).collect();
        tags.push("meta".to_owned());
        let mut primaries = redis.primaries_of(&tags);
        let of_view = primaries.pop().expect("the last one");
        Self {
            redis,
            cell,
            mosquitto: Mutex::new(mosquitto),
            silos,
            web,
            _bridge: bridge,
            primaries,
            of_view,
            dir,
        }
    }

    fn primary(&self, name: &str, key: &str) -> usize {
        self.primaries[usize::from(ShardId::of(name, key).0)]
    }

    /// A restaurant whose inventory is with this primary, or with another one, and all else of it elsewhere.
    pub(super) fn restaurant(&self, away: usize, inventory: Side) -> String {
        let mut names = (0..10_000).map(|n| format!("shop-{n}"));
        let found = names.find(|name| {
            let elsewhere = [
                "kitchen",
                "restaurant",
                "restaurant-orders",
                "kitchen-orders",
                "kitchen-events",
            ];
            let is_away = self.primary("inventory", name) == away;
            is_away == (inventory == Side::There)
                && elsewhere.iter().all(|of| self.primary(of, name) != away)
        });
        found.expect("one of so many")
    }

    /// Gives a restaurant something to sell.
    pub(super) fn furnish(&self, restaurant: &str) {
        let dough = json!([{"ingredient": "dough", "quantity": 1}]);
        let recipe = json!({"pizzaType": "Margherita", "priceCents": 990, "ingredients": dough});
        let much = json!([{"ingredient": "dough", "quantity": 10_000}]);
        for (method, arguments) in [("set-recipe", json!([recipe])), ("restock", json!([much]))] {
            let path = format!("/api/actors/inventory/{restaurant}/{method}");
            let done = self.post(&path, &arguments);
            assert_eq!(done.status, 200, "{method}: {}", done.text());
        }
    }

    /// Nobody asks where a driver is that has never been at work.
    pub(super) fn goes_to_work(&self, driver: &str) {
        let topic = format!("pizza/drivers/{driver}/status");
        self.broker().publish(&topic, b"available");
        let path = format!("/api/drivers/{driver}/status");
        until("the driver to be known", || {
            let answer = request(self.web.address, "GET", &path, &[], None);
            (answer.status == 200).then_some(())
        });
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        post(&self.web, path, body)
    }

    pub(super) fn place(&self, restaurant: &str) -> Answer {
        place_by(&self.web, restaurant)
    }

    /// An order that is the other cell's, or this one's.
    pub(super) fn order_of(&self, restaurant: &str, side: Side) -> String {
        let by = match side {
            Side::There => &self.cell.web,
            Side::Elsewhere => &self.web,
        };
        let answer = place_by(by, restaurant);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["orderId"].as_str().expect("an id").to_owned()
    }

    /// An order of this restaurant that has its record and its events there, or both elsewhere.
    pub(super) fn order(&self, restaurant: &str, away: usize, side: Side) -> String {
        loop {
            let id = self.order_of(restaurant, Side::Elsewhere);
            let of_it = ["order", "order-events"].map(|of| self.primary(of, &id) == away);
            if of_it == [side == Side::There; 2] {
                return id;
            }
        }
    }

    /// A driver likewise, another one each time.
    pub(super) fn driver(&self, away: usize, side: Side) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let shift = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut names = (0..10_000).map(|n| format!("driver-{shift}-{n}"));
        let found = names.find(|name| {
            let is_away = self.primary("driver", name) == away;
            is_away == (side == Side::There)
        });
        found.expect("one of so many")
    }

    pub(super) fn read(&self, order: &str) -> Outcome {
        let path = format!("/api/orders/{order}");
        timed(|| request(self.web.address, "GET", &path, &[], None))
    }

    pub(super) fn cancel(&self, order: &str) -> Outcome {
        timed(|| self.post(&format!("/api/orders/{order}/cancel"), &json!({})))
    }

    /// The outcomes of some orders, which get their records anywhere.
    pub(super) fn places(&self, restaurant: &str, count: usize) -> BTreeSet<Outcome> {
        thread::scope(|scope| {
            let tries: Vec<_> = (0..count)
                .map(|_| scope.spawn(|| timed(|| self.place(restaurant))))
                .collect();
            let outcomes = tries.into_iter().map(|one| one.join().expect("it ends"));
            outcomes.collect()
        })
    }

    /// Opens the stream of an order's events; it is heard of when the order is cancelled.
    pub(super) fn track(&self, order: &str) -> mpsc::Receiver<()> {
        let (heard, hears) = mpsc::channel();
        let (web, path) = (self.web.address, format!("/api/orders/{order}"));
        let open = move |path: &str, last| {
            let mut stream = Reader::open(web, &format!("{path}/track"), last);
            stream.is_open();
            stream
        };
        let mut stream = open(&path, None);
        thread::spawn(move || {
            let mut last = None;
            loop {
                while let Some(event) = stream.next() {
                    last = event.id.or(last);
                    if event.data["status"] == "cancelled" {
                        let _ = heard.send(());
                        return;
                    }
                }
                // As a browser does, it comes again, and says what it had.
                until("the order to be read again", || {
                    (request(web, "GET", &path, &[], None).status == 200).then_some(())
                });
                stream = open(&path, last);
            }
        });
        hears
    }

    pub(super) fn broker(&self) -> MutexGuard<'_, Mosquitto> {
        self.mosquitto.lock().expect("unpoisoned")
    }

    /// A phone says where it is; where the broker keeps it, also for those who subscribe later.
    pub(super) fn position(&self, driver: &str, lat: f64, is_kept: bool) {
        let place = json!({"lat": lat, "lon": 12.5, "timestamp": now_ms()}).to_string();
        let topic = format!("pizza/drivers/{driver}/location");
        if is_kept {
            self.broker().retain(&topic, &place);
        } else {
            self.broker().publish(&topic, place.as_bytes());
        }
    }

    /// Whether the driver is there, within this time.
    pub(super) fn is_at(&self, driver: &str, lat: f64, within: Duration) -> bool {
        let until = Instant::now() + within;
        let path = format!("/api/drivers/{driver}/status");
        while Instant::now() < until {
            let answer = request(self.web.address, "GET", &path, &[], None);
            if answer.status == 200 && answer.json()["location"]["lat"] == lat {
                return true;
            }
            thread::park_timeout(Duration::from_millis(50));
        }
        false
    }

    /// A third silo, which leaves again.
    pub(super) fn join(&self, name: &str) -> Outcome {
        let data = self.dir.path().join(name);
        std::fs::create_dir_all(&data).expect("a directory");
        compiled::lay_out(&data);
        let begun = Instant::now();
        let free = ["--admin", "127.0.0.1:0", "--cluster-listen", "127.0.0.1:0"];
        let mut child = pizza(self.dir.path())
            .arg("silo")
            .args(free)
            .args(["--cluster-name", name])
            .args(["--cluster-store", &self.redis.url(), "--data"])
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("piped");
        let (say, hear) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        let outcome = loop {
            match hear.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(line) if line.trim().starts_with("admin") => break Outcome::Works,
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => break Outcome::Waits(None),
                Err(mpsc::RecvTimeoutError::Disconnected) => break Outcome::Refused(None),
            }
        };
        let signal = if outcome == Outcome::Works {
            "-TERM"
        } else {
            "-KILL"
        };
        let pid = child.id().to_string();
        let _ = Command::new("kill").args([signal, &pid]).status();
        let _ = child.wait();
        outcome
    }

    /// Another module for orders, which is the same code.
    pub(super) fn push(&self, mark: u32) -> String {
        pushed(&self.silos[0], self.dir.path(), mark)
    }

    #[allow(clippy::print_stdout, reason = "why it was refused")]
    pub(super) fn activate(&self, digest: &str) -> Outcome {
        let done = self.silos[0].cli(&["module", "activate", digest]);
        if done.status.success() {
            return Outcome::Works;
        }
        println!("{}", String::from_utf8_lossy(&done.stderr));
        Outcome::Refused(None)
    }
}

/// Served to other silos at this port, or at one that is free.
pub(super) fn silo(store: &str, dir: &Path, name: &str, port: u16) -> Process {
    let listen = format!("127.0.0.1:{port}");
    // Slow, so that an order can be cancelled for a while.
    let options = ["--speed", "1", "--admin", "127.0.0.1:0"];
    let options = [&options[..], &["--cluster-listen", &listen]].concat();
    silo_as(pizza(dir), store, dir, name, &options)
}

fn post(by: &Process, path: &str, body: &Value) -> Answer {
    let body = body.to_string();
    request(by.address, "POST", path, &[], Some(body.as_bytes()))
}

fn place_by(by: &Process, restaurant: &str) -> Answer {
    let (customer, pizza) = ("customer-1", "Margherita");
    let body = json!({"restaurantId": restaurant, "customerId": customer, "pizzaType": pizza});
    post(by, "/api/orders", &body)
}

/// How a request ended, and whether it waited.
fn timed(ask: impl FnOnce() -> Answer) -> Outcome {
    let begun = Instant::now();
    let answer = ask();
    let took = begun.elapsed();
    let waited = took > AT_ONCE;
    #[allow(clippy::print_stdout, reason = "who was refused, and why")]
    if answer.status >= 500 {
        println!("{took:?}: {}", answer.text());
    }
    match (answer.status, waited) {
        (200..300, false) => Outcome::Works,
        (200..300, true) => Outcome::Waits(None),
        (status, false) => Outcome::Refused(Some(status)),
        (status, true) => Outcome::Waits(Some(status)),
    }
}
