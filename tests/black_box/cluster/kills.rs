//! kill -9 of one of three silos under load, again and again: how long its actors are away.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::redis::Redis;
use crate::common::{machine, request, until};

/// A twentieth of what `just soak` does, by `SILO_KILLS`.
const KILLS: usize = 5;
/// Orders, of which each silo has about a third.
const ORDERS: usize = 180;
/// How many of them a kill must have hit, or it says little.
const AWAY_MIN: usize = 30;
/// Calls a second of the others while a silo is away. What is measured is measured under this rate; a
/// few kills among the other tests only show that there was load.
const RATE_MIN: u64 = 200;
const RATE_MIN_OF_FEW: u64 = 50;
const READERS: usize = 8;
/// Who answers this soon lived elsewhere.
const AT_ONCE: Duration = Duration::from_millis(300);
const P99_MAX: Duration = Duration::from_millis(1_500);

fn is_answered(at: SocketAddr, order: &str) -> bool {
    request(at, "GET", &format!("/api/orders/{order}"), &[], None).status == 200
}

/// How long each order was away, asked of silos that live, by clients that ask until it is answered.
fn away(orders: &[String], at: &[SocketAddr], since: Instant) -> Vec<Duration> {
    let took = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for part in orders.chunks(orders.len().div_ceil(READERS)) {
            scope.spawn(|| {
                for (order, at) in part.iter().zip(at.iter().cycle()) {
                    // Each of its own thread: one that waits must not make the next one late.
                    let took = &took;
                    scope.spawn(move || {
                        while !is_answered(*at, order) {}
                        took.lock().expect("unpoisoned").push(since.elapsed());
                    });
                }
            });
        }
    });
    took.into_inner().expect("unpoisoned")
}

#[test]
#[allow(clippy::print_stdout, reason = "measured times")]
fn the_actors_of_a_killed_silo_are_back_in_about_a_second() {
    let kills = std::env::var("SILO_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let names = ["one", "two", "three"];
    let mut silos = names.map(|name| redis.silo(data.path(), name));
    let orders: Vec<String> = (0..ORDERS).map(|n| silos[n % 3].order()).collect();
    let (mut longest, mut calls, mut asked_for) = (Vec::new(), 0, Duration::ZERO);
    for kill in 0..kills {
        let victim = kill % 3;
        let living = (0..3).filter(|silo| *silo != victim);
        let at: Vec<SocketAddr> = living.map(|silo| silos[silo].http).collect();
        let (stop, count) = (AtomicBool::new(false), AtomicU64::new(0));
        let begun = Instant::now();
        let took = thread::scope(|scope| {
            for (at, first) in at.iter().cycle().zip(0..4) {
                let (orders, stop, count) = (&orders, &stop, &count);
                scope.spawn(move || {
                    for order in orders.iter().cycle().skip(first * 40) {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let is_there = is_answered(*at, order);
                        count.fetch_add(u64::from(is_there), Ordering::Relaxed);
                    }
                });
            }
            thread::park_timeout(Duration::from_millis(300));
            silos[victim].kill_now();
            let took = away(&orders, &at, Instant::now());
            stop.store(true, Ordering::Relaxed);
            took
        });
        calls += count.into_inner();
        asked_for += begun.elapsed();
        let hit: Vec<Duration> = took.into_iter().filter(|took| *took > AT_ONCE).collect();
        assert!(
            hit.len() >= AWAY_MIN,
            "kill {kill} hit {} orders",
            hit.len()
        );
        longest.extend(hit);
        silos[victim] = redis.silo(data.path(), names[victim]);
    }
    longest.sort_unstable();
    let p99 = longest[longest.len() * 99 / 100];
    println!(
        "{kills} kills, {} orders away: p50 {:?}, p99 {p99:?}, at most {:?}; {calls} calls in {asked_for:?}",
        longest.len(),
        longest[longest.len() / 2],
        longest[longest.len() - 1],
    );
    assert!(p99 <= P99_MAX, "p99 {p99:?}");
    let rate = calls * 1_000
        / u64::try_from(asked_for.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
    let rate_min = if kills > KILLS {
        RATE_MIN
    } else {
        RATE_MIN_OF_FEW
    };
    assert!(rate >= rate_min, "{rate} calls a second");
    for order in &orders {
        for silo in &silos {
            assert!(is_answered(silo.http, order), "{order} is lost");
        }
    }
}

/// The longest that actors may be away when two of four silos die at once.
const TWO_MAX: Duration = Duration::from_millis(2_500);

#[test]
#[allow(clippy::print_stdout, reason = "measured times")]
fn two_of_four_may_die_at_once_and_then_all() {
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let names = ["one", "two", "three", "four"];
    let silos = names.map(|name| redis.silo(data.path(), name));
    let mut orders: Vec<String> = (0..ORDERS).map(|n| silos[n % 4].order()).collect();
    let at = [silos[2].http, silos[3].http];
    silos[0].kill_now();
    silos[1].kill_now();
    let mut took = away(&orders, &at, Instant::now());
    took.sort_unstable();
    let hit = took.iter().filter(|took| **took > AT_ONCE).count();
    let longest = took.last().copied().unwrap_or_default();
    println!(
        "{hit} of {} orders were away, {longest:?} at most",
        took.len()
    );
    assert!(hit >= 2 * AWAY_MIN, "{hit} orders were hit");
    assert!(longest <= TWO_MAX, "{longest:?}");
    orders.push(silos[2].order());
    for silo in &silos[2..] {
        silo.kill_now();
    }
    drop(silos);
    let silos = names.map(|name| redis.silo(data.path(), name));
    for order in &orders {
        for silo in &silos {
            until(&format!("{order} to be answered for"), || {
                is_answered(silo.http, order).then_some(())
            });
        }
    }
    silos[0].order();
}
