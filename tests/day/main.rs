//! A day of one restaurant, by chance: thousands of commands that come in any order, at
//! any time, wanted or not. After each: only legal moves, no ingredient made or lost,
//! no chef and no driver on two orders. In the evening every order has ended.
//!
//! The real actors on the real runtime; time stands still until the day moves on. A day
//! is repeated with `DAY_SEED=… cargo test --test day`.

mod course;
mod rules;
mod town;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use town::Town;

const STEPS: usize = 1_500;
const DRIVERS: [&str; 3] = ["ada", "bea", "cleo"];
const CHEFS: [&str; 3] = ["1", "2", "3"];

#[tokio::test]
async fn a_day_by_chance() {
    let seed = std::env::var("DAY_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(20_261_123);
    let mut dice = StdRng::seed_from_u64(seed);
    let mut town = Town::open().await;
    for number in 0..STEPS {
        course::step(&mut town, &mut dice).await;
        town.settle().await;
        if let Err(broken) = rules::check(&mut town).await {
            panic!("seed {seed}, step {number}: {broken}");
        }
    }
    course::evening(&mut town).await;
    town.live = town.orders.clone();
    rules::check(&mut town)
        .await
        .expect("the rules hold in the evening");
    let letters = town.dead_letters().await;
    assert!(letters.is_empty(), "{letters:#?}");
    let ended: Value = town.read("restaurant", "napoli", "metrics").await;
    assert_eq!(ended["waitingForDriver"], 0, "{ended}");
    assert!(
        town.orders.len() > STEPS / 10,
        "{} orders",
        town.orders.len()
    );
}
