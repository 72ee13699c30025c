//! As many silos as one machine carries: how soon all of them are there, and what each of them takes at rest.
//!
//! `SILOS=100 SILO_PROGRAM=target/release/pizza` measures another program than the one of the tests.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::{Process, TOKEN, program};
use super::redis::Redis;
use crate::common::{compiled, machine, request, until_within};

/// About a twentieth of what `just soak` starts, by `SILOS`.
const SILOS: usize = 6;
const ACTORS_EACH: usize = 100;
/// From the start of the first until each knows of all.
const MEMBERS_WITHIN: Duration = Duration::from_secs(30);
/// What a silo may take of the memory. Counted is its share (PSS): the program and compiled modules are in memory once,
/// however many silos use them, and RSS would count them for each.
const SHARE_MAX: u64 = 45_000_000;
/// The cores that a hundred silos may take together at rest. Few silos of a debug build take far more each (0.07 of a core on a
/// busy machine), for they share the looks at all shards: there only what has gone wrong altogether is seen.
const CORES_OF_A_HUNDRED: f64 = 0.5;
const CORES_OF_A_HUNDRED_IN_DEBUG: f64 = 20.0;
/// How long rest is measured, and the same of few among other tests.
const REST: Duration = Duration::from_secs(20);
const REST_OF_FEW: Duration = Duration::from_secs(5);
/// How long things may take to settle: connections between silos are closed after a minute.
const SETTLED_WITHIN: Duration = Duration::from_secs(150);
const LOOK: Duration = Duration::from_secs(3);
const CLIENTS: usize = 8;
/// Ticks of `/proc/PID/stat` in a second (proc(5), `_SC_CLK_TCK`).
const TICKS: f64 = 100.0;

const SUPPLIER: &str = r#"[{"name": "Supplier", "leadMs": 1000, "prices": [{"ingredient": "dough", "unitCents": 20}], "lotMax": 500}]"#;

/// What was measured.
#[derive(Debug)]
struct Figures {
    silos: usize,
    members_after: Duration,
    /// Bytes of each silo: its share, and all that is mapped to it.
    shares: Vec<u64>,
    resident: Vec<u64>,
    /// Cores that all silos together took at rest, and Redis beside.
    cores: f64,
    of_redis: f64,
}

/// By the program that is measured.
fn cores_of_a_hundred() -> f64 {
    let is_another = std::env::var_os("SILO_PROGRAM").is_some();
    if cfg!(debug_assertions) && !is_another {
        CORES_OF_A_HUNDRED_IN_DEBUG
    } else {
        CORES_OF_A_HUNDRED
    }
}

impl Figures {
    /// What does not hold.
    fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        if self.members_after > MEMBERS_WITHIN {
            broken.push(format!("all were members after {:?}", self.members_after));
        }
        let largest = self.shares.iter().max().copied().unwrap_or(u64::MAX);
        if largest > SHARE_MAX {
            broken.push(format!("a silo takes {largest} bytes"));
        }
        let cores_max = cores_of_a_hundred() * self.silos as f64 / 100.0;
        if self.cores > cores_max {
            broken.push(format!("at rest they take {:.3} cores", self.cores));
        }
        broken
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn a_hundred_silos_are_there_soon_and_take_little_at_rest() {
    let count = std::env::var("SILOS").map_or(SILOS, |silos| silos.parse().expect("a number"));
    let rest = if count > SILOS { REST } else { REST_OF_FEW };
    let _alone = machine::alone();
    let redis = Redis::start();
    let dir = tempfile::tempdir().expect("a directory");
    if count <= SILOS {
        // A debug build takes longer to compile modules than all the rest here.
        compiled::lay_out(dir.path());
    }
    let begun = Instant::now();
    let silos = started(&redis.url, dir.path(), count);
    let opened = begun.elapsed();
    for silo in &silos {
        until_within(MEMBERS_WITHIN, "a silo to know of all", || {
            let stats = stats(silo.address);
            (stats["cluster"]["members"].as_array()?.len() == count).then_some(())
        });
    }
    let members_after = begun.elapsed();
    println!("{count} silos were open after {opened:?}, and members after {members_after:?}");
    compiled::keep(dir.path());
    create(&silos);
    let in_memory: u64 = silos
        .iter()
        .filter_map(|silo| stats(silo.address)["actorsInMemory"].as_u64())
        .sum();
    assert!(
        in_memory >= (count * ACTORS_EACH) as u64,
        "only {in_memory} actors are in memory"
    );
    let settling = Instant::now();
    let quiet = cores_of_a_hundred() * count as f64 / 100.0;
    while cores_of(&silos, LOOK) > quiet && settling.elapsed() < SETTLED_WITHIN {}
    println!("settled after {:?}", settling.elapsed());
    let (before, redis_before) = (ticks_of(&silos), ticks(redis.id()));
    thread::sleep(rest);
    let cores = |ticks: u64| ticks as f64 / TICKS / rest.as_secs_f64();
    let figures = Figures {
        silos: count,
        members_after,
        shares: silos.iter().map(|silo| bytes(silo.pid(), "Pss:")).collect(),
        resident: silos.iter().map(|silo| bytes(silo.pid(), "Rss:")).collect(),
        cores: cores(ticks_of(&silos) - before),
        of_redis: cores(ticks(redis.id()) - redis_before),
    };
    let mean = |of: &[u64]| of.iter().sum::<u64>() as f64 / of.len() as f64 / 1e6;
    let most = |of: &[u64]| of.iter().max().copied().unwrap_or_default() as f64 / 1e6;
    println!(
        "{in_memory} actors; MB of a silo: share {:.1}, {:.1} at most; resident {:.1}, {:.1} at most; \
         at rest for {rest:?}: {:.3} cores, Redis {:.3}",
        mean(&figures.shares),
        most(&figures.shares),
        mean(&figures.resident),
        most(&figures.resident),
        figures.cores,
        figures.of_redis,
    );
    // All still know each other, and every actor is there.
    for silo in &silos {
        let members = stats(silo.address)["cluster"]["members"]
            .as_array()
            .map(Vec::len);
        assert_eq!(members, Some(count), "nobody was taken for dead");
    }
    each_actor(&silos, "get", "");
    let broken = figures.broken();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn a_silo_that_takes_too_much_is_told() {
    let good = || Figures {
        silos: 100,
        members_after: Duration::from_secs(29),
        shares: vec![SHARE_MAX; 100],
        resident: vec![2 * SHARE_MAX; 100],
        cores: cores_of_a_hundred(),
        of_redis: 1.0,
    };
    assert_eq!(good().broken(), [""; 0]);
    let (mut late, mut large, mut busy) = (good(), good(), good());
    late.members_after = Duration::from_secs(31);
    large.shares[7] += 1;
    busy.cores += 0.01;
    for figures in [late, large, busy] {
        assert_eq!(figures.broken().len(), 1, "{figures:?}");
    }
}

/// All at once, on an empty cache that they share.
fn started(store: &str, dir: &Path, count: usize) -> Vec<Process> {
    let open = |number: usize| {
        let name = format!("silo-{number}");
        let mut command = Command::new(program());
        command
            .current_dir(dir)
            .env("PIZZA_ADMIN_TOKEN", TOKEN)
            .args(["silo", "--admin", "127.0.0.1:0", "--log", "warn"])
            .args(["--cluster-listen", "127.0.0.1:0", "--cluster-name", &name])
            .args(["--cluster-store", store, "--modules-cache"])
            .arg(dir.join("modules"))
            .arg("--data")
            .arg(dir.join(&name));
        Process::open(command, "admin")
    };
    thread::scope(|scope| {
        let starting: Vec<_> = (0..count).map(|n| scope.spawn(move || open(n))).collect();
        let open = starting
            .into_iter()
            .map(|silo| silo.join().expect("it opens"));
        open.collect()
    })
}

fn ask(at: SocketAddr, method: &str, path: &str, body: &str) -> Value {
    let token = format!("Bearer {TOKEN}");
    let headers = [("authorization", &*token)];
    let answer = request(at, method, path, &headers, Some(body.as_bytes()));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn stats(at: SocketAddr) -> Value {
    ask(at, "GET", "/stats", "")
}

/// A hundred actors for each silo; shards say where each of them lives.
fn create(silos: &[Process]) {
    each_actor(silos, "configure", SUPPLIER);
}

/// Calls each actor by whichever silo is its turn.
fn each_actor(silos: &[Process], method: &str, arguments: &str) {
    let (next, declined) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= silos.len() * ACTORS_EACH {
                        return;
                    }
                    let path = format!("/actors/supplier/s-{number}/call/{method}");
                    // The next one but two asks: most actors live with another silo than the one that is asked.
                    let silo = &silos[number.wrapping_mul(7) % silos.len()];
                    let answer = ask(silo.address, "POST", &path, arguments);
                    if answer["declined"] != false {
                        declined.lock().expect("unpoisoned").push(answer);
                    }
                }
            });
        }
    });
    let declined = declined.into_inner().expect("unpoisoned");
    assert!(
        declined.is_empty(),
        "{} declined: {}",
        declined.len(),
        declined[0]
    );
}

/// Cores that all take together, measured for so long.
fn cores_of(silos: &[Process], span: Duration) -> f64 {
    let before = ticks_of(silos);
    thread::sleep(span);
    (ticks_of(silos) - before) as f64 / TICKS / span.as_secs_f64()
}

fn ticks_of(silos: &[Process]) -> u64 {
    silos.iter().map(|silo| ticks(silo.pid())).sum()
}

/// CPU time of a process: user mode and kernel, fields 14 and 15 of all (proc(5)).
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let (_, rest) = stat.rsplit_once(')').expect("a name in brackets");
    let fields = rest.split_whitespace().skip(11).take(2);
    fields
        .map(|field| field.parse::<u64>().expect("a number"))
        .sum()
}

fn bytes(pid: u32, name: &str) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("it lives");
    let line = rollup.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.expect("memory in kB").parse::<u64>().expect("a number") << 10
}
