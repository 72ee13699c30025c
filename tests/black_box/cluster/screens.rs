//! Screens at one gateway while orders come in by another, and live on whichever silo: how soon a screen
//! shows what was committed, and that it goes on by position when its gateway or a silo is killed.

use std::net::SocketAddr;
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::probes::count;
use super::process::{Process, gateway, silo};
use super::redis::Redis;
use crate::common::sse::{Event, Reader};
use crate::common::{machine, now_ms, request, until};

/// A twentieth of what `just soak` does, by `SCREEN_ORDERS`.
const ORDERS: usize = 50;
/// Each order is told of at least so often: received, in preparation, ready and so on.
const EVENTS_OF_ONE_MIN: usize = 3;
/// From commit to client at the 99th percentile: in a release build, and in a debug build, which only shows
/// that nothing waits for a look that comes now and then.
const P99_MAX_MS: u64 = if cfg!(debug_assertions) { 500 } else { 50 };
/// How many orders there are between two kills, of which there is one for so many of the count.
const BETWEEN: usize = 10;
const ORDERS_OF_A_KILL: usize = 50;
const DASHBOARD: &str = "/api/dashboard/napoli/stream";
const BODY: &str = r#"{"customerId": "customer-1", "pizzaType": "Margherita"}"#;
const PAUSE: Duration = Duration::from_millis(20);

fn ordered(at: SocketAddr) -> String {
    let answer = request(at, "POST", "/api/orders", &[], Some(BODY.as_bytes()));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["orderId"].as_str().expect("an id").to_owned()
}

fn is_ready(event: &Event) -> bool {
    event.kind == "status" && event.data["status"] == "ready"
}

/// An event, and when it came.
type Shown = (Event, u64);

/// Everything until so many orders are ready. When the connection breaks, it goes on behind what it has seen
/// at the next of the gateways; returns how often that was, too.
fn show(gateways: &[SocketAddr], mut reader: Reader, orders: usize) -> (Vec<Shown>, usize) {
    let (mut shown, mut ready, mut breaks) = (Vec::<Shown>::new(), 0, 0);
    while ready < orders {
        let Some(event) = reader.next_of_order() else {
            breaks += 1;
            let last = shown.last().and_then(|(event, _)| event.id);
            reader = Reader::open(gateways[breaks % gateways.len()], DASHBOARD, last);
            continue;
        };
        ready += usize::from(is_ready(&event));
        shown.push((event, now_ms()));
    }
    (shown, breaks)
}

/// Begins to show what happens from now on; the first gateway is asked.
fn begin<'s>(
    scope: &'s thread::Scope<'s, '_>,
    gateways: Vec<SocketAddr>,
    orders: usize,
) -> ScopedJoinHandle<'s, (Vec<Shown>, usize)> {
    let mut reader = Reader::open(gateways[0], DASHBOARD, None);
    reader.is_open();
    scope.spawn(move || show(&gateways, reader, orders))
}

/// Milliseconds of the day, of a time as answers have it: 2026-11-29T17:16:29.123Z.
fn of_day_ms(at: &str) -> u64 {
    let time = at.split('T').nth(1).expect("a time").trim_end_matches('Z');
    let (seconds, part) = time.split_once('.').unwrap_or((time, "0"));
    let seconds = seconds
        .split(':')
        .map(|n| n.parse::<u64>().expect("a number"));
    let seconds = seconds.fold(0, |sum, n| sum * 60 + n);
    let part = format!("{part:0<3}");
    seconds * 1_000 + part[..3].parse::<u64>().expect("a number")
}

const DAY_MS: u64 = 86_400_000;

/// How long each event took, from when the turn began that has published it: before it was committed.
fn took_ms(shown: &[Shown]) -> Vec<u64> {
    let took = shown.iter().filter_map(|(event, came_ms)| {
        let at = of_day_ms(event.data["at"].as_str()?);
        Some((came_ms % DAY_MS + DAY_MS - at) % DAY_MS)
    });
    let mut took: Vec<u64> = took.collect();
    took.sort_unstable();
    took
}

/// What is wrong with the positions of what was shown behind `first`: each follows the one before.
fn faults(shown: &[Shown], first: u64) -> Vec<String> {
    let expected = (first..).zip(shown);
    let wrong = expected.filter(|(expected, (event, _))| event.id != Some(*expected));
    wrong
        .map(|(expected, (event, _))| format!("{:?} at {expected}", event.id))
        .collect()
}

/// Orders by one gateway, shown at another one; returns how long their events took, in milliseconds.
fn measure(silos: &[Process], dir: &std::path::Path, orders: usize) -> Vec<u64> {
    let at: Vec<SocketAddr> = silos.iter().map(|silo| silo.address).collect();
    let [web, other] = ["web", "other"].map(|name| gateway(dir, name, &at));
    // The first one makes whatever is made once.
    let first = ordered(web.address);
    until("the first order", || {
        let answer = request(
            other.address,
            "GET",
            &format!("/api/orders/{first}"),
            &[],
            None,
        );
        (answer.json()["status"] == "ready").then_some(())
    });
    let (shown, breaks) = thread::scope(|scope| {
        let showing = begin(scope, vec![other.address], orders);
        for _ in 0..orders {
            ordered(web.address);
            thread::park_timeout(PAUSE);
        }
        showing.join().expect("no panic")
    });
    assert_eq!(breaks, 0, "a connection broke");
    let first = shown[0].0.id.expect("a position");
    assert_eq!(faults(&shown, first), Vec::<String>::new());
    assert!(
        shown.len() >= orders * EVENTS_OF_ONE_MIN,
        "{} events",
        shown.len()
    );
    took_ms(&shown)
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn a_screen_shows_soon_what_was_committed_elsewhere() {
    let orders = count("SCREEN_ORDERS", ORDERS);
    let _alone = machine::alone();
    let mut p99 = Vec::new();
    for names in [&["one"][..], &["one", "two", "three"]] {
        let redis = Redis::start();
        let data = tempfile::tempdir().expect("a directory");
        let open = |name: &&str| silo(&redis.url, data.path(), name, &[]);
        let silos: Vec<Process> = names.iter().map(open).collect();
        let took = measure(&silos, data.path(), orders);
        let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
        println!(
            "{} events of {orders} orders on {} silos, shown at another gateway: p50 {} ms, p99 {} ms, \
             {} ms at most",
            took.len(),
            names.len(),
            at(50),
            at(99),
            at(100)
        );
        p99.push(at(99));
    }
    assert!(p99.iter().all(|p99| *p99 <= P99_MAX_MS), "p99 {p99:?} ms");
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn a_screen_goes_on_at_another_gateway_when_its_own_or_a_silo_is_killed() {
    let kills = count("SCREEN_ORDERS", ORDERS)
        .div_ceil(ORDERS_OF_A_KILL)
        .max(4);
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let names = ["one", "two", "three"];
    let mut silos = names.map(|name| silo(&redis.url, data.path(), name, &[]));
    let at = silos.each_ref().map(|silo| silo.address);
    let [web, other] = ["web", "other"].map(|name| gateway(data.path(), name, &at));
    let webs = [web.address, other.address];
    // The third is not watched: orders come in by it.
    let third = gateway(data.path(), "third", &at);
    ordered(third.address);
    let orders = kills * BETWEEN;
    let mut web = Some(web);
    let (shown, breaks) = thread::scope(|scope| {
        let showing = begin(scope, webs.to_vec(), orders);
        for kill in 0..kills {
            for order in 0..BETWEEN {
                ordered(third.address);
                if order != BETWEEN / 2 {
                    continue;
                }
                // In the midst of what is shown: first the gateway that shows it, then silos in turn.
                match web.take() {
                    Some(web) => web.kill(),
                    None => {
                        let victim = kill % names.len();
                        let name = format!("next-{kill}");
                        let open = silo(&redis.url, data.path(), &name, &[]);
                        std::mem::replace(&mut silos[victim], open).kill();
                    }
                }
            }
        }
        showing.join().expect("no panic")
    });
    println!(
        "{} events of {orders} orders shown, {kills} processes killed, {breaks} connections lost",
        shown.len()
    );
    assert!(breaks >= 1, "nobody has lost a connection");
    assert!(
        shown.len() >= orders * EVENTS_OF_ONE_MIN,
        "{} events",
        shown.len()
    );
    let first = shown[0].0.id.expect("a position");
    let found = faults(&shown, first);
    assert!(found.is_empty(), "{:#?}", &found[..found.len().min(20)]);
    // Who comes when all is over sees the same.
    let reader = Reader::open(other.address, DASHBOARD, Some(first - 1));
    let (again, _) = show(&webs[1..], reader, orders);
    let events = |shown: Vec<Shown>| {
        shown
            .into_iter()
            .map(|(event, _)| event)
            .collect::<Vec<_>>()
    };
    assert_eq!(events(again), events(shown));
}

/// The planted mistakes: an event that is not shown, one that is shown twice, and one that is late.
#[test]
fn gaps_repeats_and_delays_are_found() {
    let event = |id: u64| Event {
        kind: "status".to_owned(),
        id: Some(id),
        data: serde_json::json!({"at": "2026-01-01T00:00:01.5Z"}),
    };
    let shown = |ids: &[u64]| -> Vec<Shown> { ids.iter().map(|id| (event(*id), 1_750)).collect() };
    assert_eq!(faults(&shown(&[7, 8, 9]), 7), Vec::<String>::new());
    assert!(!faults(&shown(&[7, 9]), 7).is_empty(), "8 is missing");
    assert!(
        !faults(&shown(&[7, 8, 8, 9]), 7).is_empty(),
        "8 is there twice"
    );
    assert_eq!(took_ms(&shown(&[7])), [250]);
}
