//! Gateways in processes of their own: whichever is asked, whichever silos die or are started anew.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::process::{Process, gateway, metric_of, silo};
use super::redis::Redis;
use crate::common::operator::json_of;
use crate::common::{exchange, machine, request, until, until_within};

/// How many requests are made while everything is started anew: a twentieth of the soak's.
const REQUESTS: u64 = 5_000;
const CLIENTS: usize = 4;
/// Of so many requests one is an order, and the others ask for one: a kitchen is to keep up.
const READS: usize = 20;
/// How long a step may take.
pub(super) const STEP_MAX: Duration = Duration::from_secs(120);

#[test]
fn a_silo_that_joins_gets_actors_and_one_that_is_drained_has_none_left() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let one = silo(
        &redis.url,
        data.path(),
        "one",
        &["--metrics", "127.0.0.1:0"],
    );
    let web = gateway(data.path(), "web", &[one.address]);
    let orders: Vec<String> = (0..20).map(|_| ordered(web.address)).collect();
    for order in &orders {
        until(&format!("{order} to be ready"), || {
            is_ready(web.address, order)
        });
    }
    let two = silo(&redis.url, data.path(), "two", &[]);
    let balanced = one.cli(&["cluster", "rebalance"]);
    assert!(balanced.status.success(), "{balanced:?}");
    for order in &orders {
        is_ready(web.address, order).expect("it was");
    }
    let state = |silo: &Process, name: &str| {
        let stats = json_of(&silo.cli(&["cluster", "status", "--json"]));
        let members = stats["members"].as_array().expect("members").clone();
        let mut members = members
            .into_iter()
            .filter(|m| m["silo"].as_str().is_some_and(|s| s.starts_with(name)));
        members.next().expect("it is there")["state"].clone()
    };
    let has_moved = || {
        let moved = metric_of(one.listed("metrics"), "pizza_cluster_moves_total");
        (moved >= 1.0).then_some(())
    };
    until("an actor to move", has_moved);
    let drained = one.cli(&["cluster", "drain", "one"]);
    assert!(drained.status.success(), "{drained:?}");
    // Another silo hears of it with its next heartbeat.
    let is = |wanted: &str| (state(&two, "one") == wanted).then_some(());
    until("the others to know that it leaves", || is("leaving"));
    for order in &orders {
        is_ready(web.address, order).expect("it was");
    }
    assert!(one.cli(&["cluster", "uncordon", "one"]).status.success());
    until("the others to know that it stays", || is("live"));
    let unknown = one.cli(&["cluster", "cordon", "three"]);
    let told = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        !unknown.status.success() && told.contains("no silo") && told.contains("one.1"),
        "{told}"
    );
}

pub(super) const BODY: &str = r#"{"customerId": "customer-1", "pizzaType": "Margherita"}"#;

pub(super) fn ordered(at: SocketAddr) -> String {
    let answer = request(at, "POST", "/api/orders", &[], Some(BODY.as_bytes()));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["orderId"].as_str().expect("an id").to_owned()
}

pub(super) fn is_ready(at: SocketAddr, order: &str) -> Option<()> {
    let answer = request(at, "GET", &format!("/api/orders/{order}"), &[], None);
    assert_eq!(answer.status, 200, "{order} is lost: {}", answer.text());
    (answer.json()["status"] == "ready").then_some(())
}

#[test]
fn a_gateway_finds_other_silos_when_its_own_dies() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let one = silo(&redis.url, data.path(), "one", &[]);
    let two = silo(&redis.url, data.path(), "two", &[]);
    let knows = || {
        let status = json_of(&one.cli(&["cluster", "status", "--json"]));
        (status["members"].as_array()?.len() == 2).then_some(())
    };
    until("the first silo to know of the second", knows);
    // It is told of one silo only, which tells it of the other one.
    let web = gateway(data.path(), "web", &[one.address]);
    let first = ordered(web.address);
    let other = gateway(data.path(), "other", &[two.address]);
    until("the order to be ready", || is_ready(other.address, &first));
    one.kill();
    let second = ordered(web.address);
    for order in [&first, &second] {
        for at in [web.address, other.address] {
            until(&format!("{order} to be ready"), || is_ready(at, order));
        }
    }
    assert!(web.stop().success(), "it leaves in peace");
    assert!(two.stop().success(), "it leaves in peace");
}

pub(super) struct Stop<'a>(pub(super) &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn the_demo_of_a_cluster_opens_answers_and_closes() {
    let _few = machine::with_few();
    let dir = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command
        .args(["demo", "cluster", "--speed", "1200", "--dir"])
        .arg(dir.path());
    let demo = Process::open(command, "API");
    let order = ordered(demo.address);
    until("the order to be ready", || is_ready(demo.address, &order));
    let address = demo.address;
    assert!(demo.stop().success(), "it closes in peace");
    assert!(
        TcpStream::connect(address).is_err(),
        "nothing is left behind"
    );
}

/// What clients do and see: some gateways, of which one may refuse a connection, and then another is asked.
pub(super) struct Clients {
    pub(super) gateways: Mutex<Vec<SocketAddr>>,
    pub(super) made: AtomicU64,
    pub(super) failed: Mutex<Vec<String>>,
    pub(super) orders: Mutex<Vec<String>>,
    pub(super) stop: AtomicBool,
}

impl Clients {
    pub(super) fn of(gateways: Vec<SocketAddr>) -> Self {
        Self {
            gateways: Mutex::new(gateways),
            made: AtomicU64::new(0),
            failed: Mutex::default(),
            orders: Mutex::default(),
            stop: AtomicBool::new(false),
        }
    }

    /// A connection to a gateway: where one is refused, another gateway is asked, and nothing else is tried
    /// twice.
    fn connected(&self, turn: usize) -> TcpStream {
        loop {
            let gateways = self.gateways.lock().expect("unpoisoned").clone();
            let in_turn = gateways.iter().cycle().skip(turn).take(gateways.len());
            if let Some(stream) = in_turn.flat_map(TcpStream::connect).next() {
                return stream;
            }
        }
    }

    pub(super) fn run(&self, first: usize) {
        for turn in first.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let stream = self.connected(turn);
            let answer = match self.known(turn) {
                Some(order) if turn % READS != 0 => {
                    exchange(stream, "GET", &format!("/api/orders/{order}"), &[], None)
                }
                _ => exchange(stream, "POST", "/api/orders", &[], Some(BODY.as_bytes())),
            };
            self.made.fetch_add(1, Ordering::Relaxed);
            match answer {
                Some(answer) if answer.status == 201 => {
                    let id = answer.json()["orderId"].as_str().expect("an id").to_owned();
                    self.orders.lock().expect("unpoisoned").push(id);
                }
                Some(answer) if answer.status == 200 => {}
                Some(answer) => self.failed(format!("{}: {}", answer.status, answer.text())),
                None => self.failed("a connection broke without an answer".to_owned()),
            }
        }
    }

    /// One of the orders that were promised.
    fn known(&self, turn: usize) -> Option<String> {
        let orders = self.orders.lock().expect("unpoisoned");
        let at = turn.checked_rem(orders.len())?;
        orders.get(at).cloned()
    }

    fn failed(&self, told: String) {
        self.failed.lock().expect("unpoisoned").push(told);
    }

    pub(super) fn has_made(&self, count: u64) -> Option<()> {
        (self.made.load(Ordering::Relaxed) >= count).then_some(())
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn nothing_fails_while_everything_is_started_anew() {
    let requests = std::env::var("ROLLING_REQUESTS");
    let requests = requests.map_or(REQUESTS, |count| count.parse().expect("a number"));
    let _few = machine::with_few();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let names = ["one", "two", "three"];
    let mut silos = names.map(|name| Some(silo(&redis.url, data.path(), name, &[])));
    let at = silos
        .each_ref()
        .map(|silo| silo.as_ref().expect("open").address);
    let mut webs = ["web", "other"].map(|name| Some(gateway(data.path(), name, &at)));
    let clients = Clients::of(addresses(&webs));
    let mut restarts = 0;
    thread::scope(|scope| {
        for first in 0..CLIENTS {
            let clients = &clients;
            scope.spawn(move || clients.run(first));
        }
        // Also when a step fails: a scope waits for its threads.
        let _stop = Stop(&clients.stop);
        // A round is each of them once; the next one begins when there was load on all of them.
        let (rounds, in_round) = (requests.div_ceil(REQUESTS), 5);
        for step in 0..rounds * in_round {
            until_within(STEP_MAX, "requests", || {
                clients.has_made(step * requests / (rounds * in_round))
            });
            let which = usize::try_from(step % in_round).expect("small");
            restarts += 1;
            if which < silos.len() {
                let stopped = silos[which].take().expect("open").stop();
                assert!(stopped.success(), "{stopped}");
                silos[which] = Some(silo(&redis.url, data.path(), names[which], &[]));
            } else {
                let web = &mut webs[which - names.len()];
                let stopped = web.take().expect("open").stop();
                assert!(stopped.success(), "{stopped}");
                // Any silo that lives will do, under whatever address it has by now.
                let at = silos
                    .each_ref()
                    .map(|silo| silo.as_ref().expect("open").address);
                *web = Some(gateway(
                    data.path(),
                    ["web", "other"][which - names.len()],
                    &at,
                ));
                *clients.gateways.lock().expect("unpoisoned") = addresses(&webs);
            }
        }
        until_within(STEP_MAX, "requests", || clients.has_made(requests));
    });
    let failed = clients.failed.into_inner().expect("unpoisoned");
    let (made, orders) = (clients.made.into_inner(), clients.orders.into_inner());
    let orders = orders.expect("unpoisoned");
    println!(
        "{made} requests, {restarts} restarts, {} failed",
        failed.len()
    );
    assert!(failed.is_empty(), "{:#?}", &failed[..failed.len().min(20)]);
    let at = addresses(&webs)[0];
    for order in orders.iter().step_by(orders.len().div_ceil(500).max(1)) {
        until(&format!("{order} to be ready"), || is_ready(at, order));
    }
}

pub(super) fn addresses(processes: &[Option<Process>]) -> Vec<SocketAddr> {
    let open = processes.iter().flatten();
    open.map(|process| process.address).collect()
}
