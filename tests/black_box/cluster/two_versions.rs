//! Two versions of the program share a Redis: silos are brought from the older to the newer one and back,
//! under load.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::thread;

use super::modules::{current, pushed};
use super::process::{Process, gateway, in_dir, silo, silo_as};
use super::processes::{Clients, STEP_MAX, Stop, addresses, is_ready};
use super::redis::Redis;
use crate::common::operator::complained;
use crate::common::{machine, until, until_within};
use crate::modules::fixture::bundled;

/// A twentieth of the soak's, by `VERSION_REQUESTS`.
const REQUESTS: u64 = 3_000;
const CLIENTS: usize = 4;
const NAMES: [&str; 3] = ["one", "two", "three"];

/// The older program.
enum Older {
    /// The one that `OLDER_PIZZA` names.
    Program(String),
    /// This one, which is told to speak the first version of the protocol between silos, and then knows
    /// nothing that came later.
    Switch,
}

impl Older {
    fn of_environment() -> Self {
        std::env::var("OLDER_PIZZA").map_or(Self::Switch, Self::Program)
    }

    fn silo(&self, store: &str, dir: &Path, name: &str) -> Process {
        let mut free = vec!["--admin", "127.0.0.1:0", "--cluster-listen", "127.0.0.1:0"];
        free.extend(["--speed", "1200"]);
        match self {
            Self::Program(program) => {
                let program = in_dir(Command::new(program), dir);
                silo_as(program, store, dir, name, &free)
            }
            Self::Switch => {
                let config = dir.join("older.toml");
                let text = format!("[silo.cluster]\nstore = \"{store}\"\nprotocol = 1\n");
                std::fs::write(&config, text).expect("written");
                let config = config.to_str().expect("a path in UTF-8");
                silo(store, dir, name, &["--config", config])
            }
        }
    }
}

/// A module is not activated while one of the silos cannot be told to make it ready: it is named.
fn no_module_is_swapped_between(newer: &Process, dir: &Path) {
    let before = current(newer);
    let digest = pushed(newer, dir, 1);
    let refused = complained(&newer.cli(&["module", "activate", &digest]));
    let says_why = refused.contains("two.") && refused.contains("speaks version 1");
    assert!(says_why, "{refused}");
    assert_eq!(current(newer), before);
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn silos_are_brought_to_a_newer_program_and_back_and_nothing_fails() {
    let requests = std::env::var("VERSION_REQUESTS");
    let requests = requests.map_or(REQUESTS, |count| count.parse().expect("a number"));
    let older = Older::of_environment();
    // Before there is load, for it may take a minute.
    bundled("order");
    let _few = machine::with_few();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    let mut silos = NAMES.map(|name| Some(older.silo(&redis.url, dir, name)));
    let at = addresses(&silos);
    let webs = ["web", "other"].map(|name| Some(gateway(dir, name, &at)));
    let clients = Clients::of(addresses(&webs));
    // Rounds of there and back, so many requests between two restarts.
    let rounds = requests.div_ceil(REQUESTS);
    let steps = rounds * 6;
    thread::scope(|scope| {
        for first in 0..CLIENTS {
            let clients = &clients;
            scope.spawn(move || clients.run(first));
        }
        // Also when a step fails: a scope waits for its threads.
        let _stop = Stop(&clients.stop);
        for step in 0..steps {
            let since = clients.made.load(Ordering::Relaxed);
            until_within(STEP_MAX, "requests", || {
                clients.has_made(since + requests / steps)
            });
            let which = usize::try_from(step % 3).expect("small");
            let stopped = silos[which].take().expect("open").stop();
            assert!(stopped.success(), "{stopped}");
            let is_newer = step % 6 < 3;
            let started = if is_newer {
                silo(&redis.url, dir, NAMES[which], &[])
            } else {
                older.silo(&redis.url, dir, NAMES[which])
            };
            if step == 0 && matches!(older, Older::Switch) {
                no_module_is_swapped_between(&started, dir);
            }
            silos[which] = Some(started);
        }
        until_within(STEP_MAX, "requests", || clients.has_made(requests));
    });
    let failed = clients.failed.into_inner().expect("unpoisoned");
    let (made, orders) = (clients.made.into_inner(), clients.orders.into_inner());
    let orders = orders.expect("unpoisoned");
    println!(
        "{made} requests, {} orders, {steps} silos brought to the other program, {} failed",
        orders.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{:#?}", &failed[..failed.len().min(20)]);
    let at = addresses(&webs)[0];
    for order in orders.iter().step_by(orders.len().div_ceil(200).max(1)) {
        until(&format!("{order} to be ready"), || is_ready(at, order));
    }
}
