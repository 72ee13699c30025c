//! A day of one restaurant, by chance: thousands of commands that come in any order, at
//! any time, wanted or not. After each: only legal moves, no ingredient made or lost,
//! no chef and no driver on two orders. In the evening every order has ended.
//!
//! Two days in a row have the same way of turns, in one call or by the exports of the contract.
//!
//! The real actors on the real runtime; time stands still until the day moves on. A day is
//! repeated with `DAY_SEED=… cargo test --test black_box simulated_day`; `DAY_SEEDS=200 DAY_STEPS=2000` are as
//! many days, and as long ones, as `just soak` lives through.

mod course;
mod rules;
mod town;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use town::{Planted, Town};

const STEPS: usize = 2_000;
const SEEDS: u64 = 10;
const FIRST_SEED: u64 = 20_261_123;
const DRIVERS: [&str; 3] = ["ada", "bea", "cleo"];
const CHEFS: [&str; 3] = ["1", "2", "3"];

fn number<N: std::str::FromStr>(name: &str) -> Option<N> {
    std::env::var(name).ok()?.parse().ok()
}

fn seeds() -> std::ops::Range<u64> {
    match number("DAY_SEED") {
        Some(seed) => seed..seed + 1,
        None => FIRST_SEED..FIRST_SEED + number("DAY_SEEDS").unwrap_or(SEEDS),
    }
}

#[tokio::test]
async fn a_day_by_chance() {
    every_second_day(0).await;
}

/// Beside the first, on another core.
#[tokio::test]
async fn another_day_by_chance() {
    every_second_day(1).await;
}

async fn every_second_day(first: usize) {
    let steps = number("DAY_STEPS").unwrap_or(STEPS);
    for seed in seeds().skip(first).step_by(2) {
        if let Err(broken) = day(seed, steps, None).await {
            panic!("seed {seed}, {broken}");
        }
    }
}

/// A kitchen that does not follow what is moved by hand is found out.
#[tokio::test]
async fn a_kitchen_that_does_not_hear_of_steps_made_by_hand_is_found_out() {
    let planted = Some(("kitchen", "deaf"));
    let broken = day(FIRST_SEED, STEPS, planted).await;
    let broken = broken.expect_err("a mistake that nobody finds");
    assert!(broken.contains("order-"), "{broken}");
}

/// Says on which day it was, whatever went wrong.
struct Named(u64);

impl Drop for Named {
    #[allow(clippy::print_stderr, reason = "it is how a test that fails speaks")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was the day of seed {}", self.0);
        }
    }
}

/// Each of the two tests, which take every second seed, has days of both kinds.
fn takes_whole_turns(seed: u64) -> bool {
    (seed / 2).is_multiple_of(2)
}

async fn day(seed: u64, steps: usize, planted: Option<Planted>) -> Result<(), String> {
    let _named = Named(seed);
    let mut dice = StdRng::seed_from_u64(seed);
    let mut town = Town::open(planted, takes_whole_turns(seed)).await;
    for number in 0..steps {
        course::step(&mut town, &mut dice).await;
        town.settle().await;
        if let Err(broken) = rules::check(&mut town).await {
            let told = town.tells(&broken).await;
            return Err(format!("step {number}: {broken}\n{told}"));
        }
    }
    course::evening(&mut town).await;
    town.live = town.orders.clone();
    let checked = rules::check(&mut town).await;
    checked.map_err(|broken| format!("in the evening: {broken}"))?;
    let letters = town.dead_letters().await;
    assert!(letters.is_empty(), "seed {seed}: {letters:#?}");
    let ended: Value = town.read("restaurant", "napoli", "metrics").await;
    assert_eq!(ended["waitingForDriver"], 0, "seed {seed}: {ended}");
    let orders = town.orders.len();
    assert!(orders > steps / 10, "seed {seed}: {orders} orders");
    Ok(())
}
