//! One plan of modules for all silos: swapped on any of them, under load, while another one joins.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::Value;

use super::process::{Process, TOKEN, gateway, silo};
use super::redis::Redis;
use crate::common::operator::{complained, json_of};
use crate::common::{machine, request, until};
use crate::modules::fixture::{bundled, marked};

/// A tenth of the soak's, by `SWAPS`.
const SWAPS: u32 = 5;
/// Orders that are watched for going back to an older module.
const WATCHED: usize = 3;

const BODY: &str = r#"{"customerId": "customer-1", "pizzaType": "Margherita"}"#;

fn ordered(at: SocketAddr) -> Result<String, String> {
    let answer = request(at, "POST", "/api/orders", &[], Some(BODY.as_bytes()));
    if answer.status != 201 {
        return Err(format!("{}: {}", answer.status, answer.text()));
    }
    Ok(answer.json()["orderId"].as_str().expect("an id").to_owned())
}

fn json(silo: &Process, words: &[&str]) -> Value {
    json_of(&silo.cli(&[words, &["--json"]].concat()))
}

/// The module that serves orders, as a silo says.
pub(super) fn current(silo: &Process) -> String {
    let list = json(silo, &["module", "list", "order"]);
    let modules = list["modules"].as_array().expect("a list");
    let current = modules.iter().find(|module| module["percent"] == 100.0);
    let digest = &current.expect("one serves")["digest"];
    digest.as_str().expect("a digest").to_owned()
}

pub(super) fn pushed(silo: &Process, dir: &std::path::Path, mark: u32) -> String {
    let file = dir.join(format!("order-{mark}.wasm"));
    std::fs::write(&file, marked(&bundled("order"), mark)).expect("a file");
    let file = file.to_str().expect("a path in UTF-8");
    let pushed = json(silo, &["module", "push", file, "--type", "order"]);
    pushed["module"]["digest"]
        .as_str()
        .expect("a digest")
        .to_owned()
}

/// What happens while modules are swapped.
struct Load {
    stop: AtomicBool,
    made: AtomicU64,
    failed: Mutex<Vec<String>>,
}

impl Load {
    fn order(&self, at: SocketAddr) {
        while !self.stop.load(Ordering::Relaxed) {
            match ordered(at) {
                Ok(_) => self.made.fetch_add(1, Ordering::Relaxed),
                Err(failed) => {
                    self.failed.lock().expect("unpoisoned").push(failed);
                    0
                }
            };
        }
    }
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn a_module_serves_on_all_silos_or_on_none_and_no_call_fails() {
    let swaps = std::env::var("SWAPS").map_or(SWAPS, |swaps| swaps.parse().expect("a number"));
    let _few = machine::with_few();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let open = |name| silo(&redis.url, data.path(), name, &[]);
    let mut silos = vec![open("one"), open("two"), open("three")];
    let web = gateway(data.path(), "web", &[silos[0].address]);
    let watched: Vec<String> = (0..WATCHED)
        .map(|_| ordered(web.address).expect("taken"))
        .collect();
    let mut digests = vec![current(&silos[0])];
    let mut seen = [0; WATCHED];
    let load = Load {
        stop: AtomicBool::new(false),
        made: AtomicU64::new(0),
        failed: Mutex::default(),
    };
    thread::scope(|scope| {
        scope.spawn(|| load.order(web.address));
        // Also when a step fails: a scope waits for its threads.
        let _stop = Stop(&load.stop);
        for swap in 1..=swaps {
            let by = &silos[swap as usize % silos.len()];
            let digest = pushed(by, data.path(), swap);
            assert!(by.cli(&["module", "activate", &digest]).status.success());
            digests.push(digest.clone());
            for silo in &silos {
                until("all silos to serve it", || {
                    (current(silo) == digest).then_some(())
                });
            }
            for (order, before) in watched.iter().zip(&mut seen) {
                let asked = &silos[swap as usize % 2];
                let actor = json(asked, &["actor", "get", &format!("order/{order}")]);
                let of = digests
                    .iter()
                    .position(|digest| actor["module"] == **digest);
                let of = of.unwrap_or_else(|| panic!("{order} has an unknown module: {actor}"));
                assert!(of >= *before, "{order} went back from {before} to {of}");
                *before = of;
            }
            if swap == swaps / 2 {
                silos.push(open("four"));
                assert_eq!(
                    current(&silos[3]),
                    digest,
                    "it serves nothing else when it is open"
                );
            }
        }
    });
    let failed = load.failed.into_inner().expect("unpoisoned");
    let made = load.made.into_inner();
    println!(
        "{swaps} swaps on {} silos, {made} orders meanwhile, {} failed",
        silos.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(made >= u64::from(swaps), "{made} orders");
    all_go_back(&silos, &digests);
    two_at_once(&silos, data.path());
}

/// Each change is in the audit log, whoever made it; a rollback on one silo is one on all.
fn all_go_back(silos: &[Process], digests: &[String]) {
    let audit = json(&silos[0], &["module", "audit", "order"]);
    let lines = audit["audit"].as_array().expect("lines").iter();
    let activated = lines.filter(|line| line["what"] == "activated").count();
    assert!(
        activated >= digests.len(),
        "{activated} lines: none has taken another's place"
    );
    let alone = silos[1].cli(&["module", "rollback", "order"]);
    assert!(alone.status.success(), "{alone:?}");
    let back = &digests[digests.len() - 2];
    for silo in silos {
        until("all silos to go back", || {
            (current(silo) == *back).then_some(())
        });
    }
}

/// Of two who change one plan at the same time one at least succeeds; whoever is refused is told why, and all
/// silos agree.
fn two_at_once(silos: &[Process], dir: &std::path::Path) {
    let digests = [1_001, 1_002].map(|mark| pushed(&silos[0], dir, mark));
    let outcomes = thread::scope(|scope| {
        let activating = silos
            .iter()
            .zip(&digests)
            .map(|(silo, digest)| scope.spawn(move || silo.cli(&["module", "activate", digest])));
        let activating: Vec<_> = activating.collect();
        activating
            .into_iter()
            .map(|one| one.join().expect("a command"))
            .collect::<Vec<_>>()
    });
    let refused: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.status.success())
        .collect();
    assert!(refused.len() < 2, "{outcomes:?}");
    for refused in refused {
        let told = complained(refused);
        assert!(told.contains("changed by somebody else"), "{told}");
    }
    let agree = || {
        let first = current(&silos[0]);
        let same = silos.iter().all(|silo| current(silo) == first);
        (same && digests.contains(&first)).then_some(())
    };
    until("all silos to agree", agree);
}

#[test]
fn a_silo_that_has_just_died_holds_no_swap_up() {
    let _few = machine::with_few();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let open = |name| silo(&redis.url, data.path(), name, &[]);
    let one = open("one");
    let members = || {
        let authorization = format!("Bearer {TOKEN}");
        let headers = [("authorization", &*authorization)];
        let stats = request(one.address, "GET", "/stats", &headers, None).json();
        stats["cluster"]["members"].as_array().map(Vec::len)
    };
    for mark in 1..=5 {
        let two = open("two");
        let digest = pushed(&one, data.path(), mark);
        until("it to be a member", || (members() == Some(2)).then_some(()));
        two.kill();
        // Whoever has found out already is no test of this.
        let is_in_time = members() == Some(2);
        let done = one.cli(&["module", "activate", &digest]);
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{told}");
        assert_eq!(current(&one), digest);
        if is_in_time {
            return;
        }
        until("it to be missed", || (members() == Some(1)).then_some(()));
    }
    panic!("a busy machine: nobody asked in time");
}
