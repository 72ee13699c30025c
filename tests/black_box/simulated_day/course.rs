//! The course of the day: one command after the other, and the evening that ends it.

use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use serde_json::json;

use crate::simulated_day::town::Town;
use crate::simulated_day::{CHEFS, DRIVERS};

const PIZZAS: [&str; 4] = ["Margherita", "Diavola", "Truffle", "Cardboard"];

fn pick<'a>(dice: &mut StdRng, from: &[&'a str]) -> &'a str {
    from[dice.random_range(0..from.len())]
}

/// One command, of somebody who happens to have an idea.
pub(crate) async fn step(town: &mut Town, dice: &mut StdRng) {
    let driver = pick(dice, &DRIVERS);
    let chef = format!("napoli.{}", pick(dice, &CHEFS));
    match dice.random_range(0..100) {
        0..20 => {
            town.order(pick(dice, &PIZZAS), dice.random_range(1..4))
                .await
        }
        20..45 => town.pass(dice.random_range(1_000..180_000)).await,
        45..50 => {
            town.order_is("cancel", dice.next_u64(), json!([null]))
                .await
        }
        50..53 => {
            town.order_is("assign-driver", dice.next_u64(), json!([driver]))
                .await
        }
        53..59 => {
            town.by_hand(dice.next_u64(), dice.random_range(0..10))
                .await
        }
        59..60 => town.tell("chef", &chef, "burn", json!(["dropped"])).await,
        60..63 => {
            town.tell("kitchen", "napoli", "clock-out", json!([chef]))
                .await
        }
        63..68 => {
            town.tell("kitchen", "napoli", "clock-in", json!([chef]))
                .await
        }
        68..74 => {
            let status = pick(dice, &["available", "available", "busy", "offline"]);
            town.tell("driver", driver, "set-status", json!([status]))
                .await;
        }
        74..82 => town.answer_offer(driver, dice.random_range(0..4) > 0).await,
        82..86 => town.tell("driver", driver, "picked-up", json!([])).await,
        86..90 => town.tell("driver", driver, "delivered", json!([])).await,
        90..94 => {
            let place = json!({"lat": 40.8 + dice.random_range(0.0..0.1), "lon": 14.2});
            let now = town.now_ms();
            town.tell(
                "driver",
                driver,
                "update-location",
                json!([place, now, null]),
            )
            .await;
        }
        94..97 => town.fill_up(dice.random_range(1..30)).await,
        97..99 => {
            town.tell("restaurant", "napoli", "set-open", json!([true]))
                .await
        }
        _ => {
            town.tell("restaurant", "napoli", "set-open", json!([false]))
                .await
        }
    }
}

/// Everybody does what they should until every order has ended.
pub(crate) async fn evening(town: &mut Town) {
    for chef in CHEFS {
        let chef = format!("napoli.{chef}");
        town.tell("kitchen", "napoli", "clock-in", json!([chef]))
            .await;
    }
    for _ in 0..500 {
        if town.open_orders().await.is_empty() {
            return;
        }
        for driver in DRIVERS {
            town.answer_offer(driver, true).await;
            town.tell("driver", driver, "picked-up", json!([])).await;
            town.settle().await;
            town.tell("driver", driver, "delivered", json!([])).await;
            town.tell("driver", driver, "set-status", json!(["available"]))
                .await;
        }
        town.finish_by_hand().await;
        town.pass(60_000).await;
    }
    let open = town.open_orders().await;
    let first = open[0]["orderId"].as_str().unwrap_or_default();
    let timeline = town.read("order", first, "timeline").await;
    let kitchen = town.read("kitchen", "napoli", "display").await;
    let letters = town.dead_letters().await;
    let drivers = town.read("restaurant", "napoli", "drivers").await;
    panic!(
        "orders never end, like {}\n{timeline}\n{kitchen}\n{drivers}\n{letters:?}",
        open[0]
    );
}
