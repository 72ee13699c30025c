//! Silos on a machine that has more to do than it can: nobody is taken for dead who is only slow.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::probes::{Stop, count};
use super::redis::Redis;
use crate::common::{Pizza, machine, operator, request, until, until_within};

/// How long it is busy; `just soak` has ten minutes, by `BUSY_SECONDS`.
const SECONDS: usize = 20;
/// A run of so long or longer waits until the load average is what it has to be.
const LONG: Duration = Duration::from_secs(120);
/// Programs that never rest, as important as the silos.
const LOOPS: usize = 10;
/// How many programs have to wait for a processor or have one, at the median of all looks; and the average
/// of a minute, in a run that is long enough for one.
const RUNNING_MIN: f64 = 8.0;
/// How many orders are to be taken meanwhile.
const ORDERS_MIN: u64 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A program that never rests.
struct Loop(Child);

impl Loop {
    fn start() -> Self {
        let program = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn();
        Self(program.expect("a shell"))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The load average of a minute, and how many programs run or would.
fn load() -> (f64, f64) {
    let text = std::fs::read_to_string("/proc/loadavg").expect("Linux");
    let mut words = text.split_whitespace();
    let minute = words.next().and_then(|word| word.parse().ok());
    let running = words
        .nth(2)
        .and_then(|word| word.split('/').next()?.parse().ok());
    (minute.expect("a number"), running.expect("a number"))
}

/// The version of the view, and who is in it, as a silo says.
fn view(silo: &Pizza, data: &Path) -> (u64, Vec<String>) {
    let status = operator::run(silo, data, &["cluster", "status", "--json"]);
    let status = operator::json_of(&status);
    let members = status["members"].as_array().expect("members").iter();
    let members = members.map(|member| member["silo"].as_str().expect("an id").to_owned());
    (
        status["viewVersion"].as_u64().expect("a number"),
        members.collect(),
    )
}

fn all_know(silos: &[Pizza; 3], data: &Path) -> Option<(u64, Vec<String>)> {
    let views = ["one", "two", "three"].map(|name| data.join(name));
    let mut views = silos
        .iter()
        .zip(&views)
        .map(|(silo, data)| view(silo, data));
    let first = views.next()?;
    (first.1.len() == 3 && views.all(|other| other == first)).then_some(first)
}

/// What was seen while the machine was busy.
#[derive(Default)]
struct Seen {
    orders: u64,
    /// What there was to do whenever somebody looked.
    running: Vec<f64>,
    load_average: f64,
    /// How long a question took at most.
    slowest: Duration,
}

/// Orders, and looks at the machine, for some time.
fn be_busy(silos: &[Pizza; 3], time: Duration) -> Seen {
    let (stop, orders) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut seen = Seen::default();
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        for silo in silos {
            let (stop, orders) = (&stop, &orders);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    silo.order();
                    orders.fetch_add(1, Ordering::Relaxed);
                    thread::park_timeout(LOOK_EVERY);
                }
            });
        }
        let begun = Instant::now();
        while begun.elapsed() < time {
            thread::park_timeout(LOOK_EVERY);
            let asked = Instant::now();
            request(silos[0].http, "GET", "/api/inventory/napoli", &[], None);
            seen.slowest = seen.slowest.max(asked.elapsed());
            let (average, running) = load();
            seen.running.push(running);
            seen.load_average = average;
        }
    });
    seen.orders = orders.into_inner();
    seen.running.sort_by(f64::total_cmp);
    seen
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn nobody_is_taken_for_dead_on_a_busy_machine() {
    let time = Duration::from_secs(count("BUSY_SECONDS", SECONDS) as u64);
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let mut silos = ["one", "two", "three"].map(|name| redis.silo(data.path(), name));
    let before = until("all to know of all", || all_know(&silos, data.path()));
    let loops = [(); LOOPS].map(|()| Loop::start());
    if time >= LONG {
        until_within(Duration::from_secs(300), "the load average to rise", || {
            (load().0 >= RUNNING_MIN).then_some(())
        });
    }
    let seen = be_busy(&silos, time);
    drop(loops);
    let median = seen.running[seen.running.len() / 2];
    println!(
        "{time:?} with {median} programs at work at the median, load average {} at the end: {} orders, the \
         slowest question took {:.1?}",
        seen.load_average, seen.orders, seen.slowest
    );
    for silo in &mut silos {
        assert!(
            !silo.has_ended(),
            "a silo was taken for dead, and has ended"
        );
    }
    let after = until("all to agree", || all_know(&silos, data.path()));
    assert_eq!(after, before, "the view has not changed");
    assert!(median >= RUNNING_MIN, "the machine was not busy: {median}");
    assert!(
        time < LONG || seen.load_average >= RUNNING_MIN,
        "{}",
        seen.load_average
    );
    assert!(seen.orders >= ORDERS_MIN, "{} orders", seen.orders);
}

/// The planted mistake: a silo that does stand still for too long. The same view shows it.
#[test]
fn one_that_stands_still_changes_the_view() {
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let silos = ["one", "two", "three"].map(|name| redis.silo(data.path(), name));
    let before = until("all to know of all", || all_know(&silos, data.path()));
    silos[2].signal("-STOP");
    until("the others to miss it", || {
        let (version, members) = view(&silos[0], &data.path().join("one"));
        (version > before.0 && members.len() == 2).then_some(())
    });
}
