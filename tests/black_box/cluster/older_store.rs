//! A Redis that was brought back from an older file: nothing is written there before an operator says
//! so, neither by a silo that ran all the time nor by one that starts again.

use serde_json::json;

use super::redis::Redis;
use crate::common::{Pizza, operator, until};

/// Orders before the copy, and after it: so many that each has written shards of its own.
const ORDERS: usize = 20;
/// How often it is tried to write where nothing may be written.
const TRIES: usize = 5;

fn try_to_order(pizza: &Pizza) -> (u16, String) {
    let body = json!({"customerId": "customer-1", "pizzaType": "Margherita"});
    let answer = pizza.post("/api/orders", &body);
    (answer.status, answer.text())
}

/// Nothing is written: no order is taken, and none that is missing is made anew.
fn refuses(pizza: &Pizza) {
    // The inventory of the one restaurant has moved on since the copy, so no order can be made.
    let said_why = || {
        let (status, said) = try_to_order(pizza);
        assert_ne!(status, 201, "an order was taken: {said}");
        said.contains("older than it was").then_some(())
    };
    // A connection that broke says so first.
    for _ in 0..TRIES {
        until("the silo to say why it refuses", said_why);
    }
}

#[test]
fn a_store_that_went_back_is_not_written_before_the_loss_is_accepted() {
    let data = tempfile::tempdir().expect("a directory");
    for stays_up in [true, false] {
        let mut redis = Redis::start();
        let name = if stays_up { "up" } else { "down" };
        let mut pizza = redis.silo(data.path(), name);
        let before: Vec<String> = (0..ORDERS).map(|_| pizza.order()).collect();
        redis.keep_a_copy();
        for _ in 0..ORDERS {
            pizza.order();
        }
        if !stays_up {
            pizza.kill_and_wait();
        }
        redis.go_back_to_the_copy();
        if !stays_up {
            pizza = redis.silo(data.path(), name);
        }
        refuses(&pizza);
        let of_silo = data.path().join(name);
        let unmeant = operator::run(&pizza, &of_silo, &["cluster", "accept-loss"]);
        let complained = operator::complained(&unmeant);
        assert!(complained.contains("--yes"), "{complained}");
        let meant = operator::run(&pizza, &of_silo, &["cluster", "accept-loss", "--yes"]);
        operator::succeeded(&meant);
        until("an order to be taken again", || {
            (try_to_order(&pizza).0 == 201).then_some(())
        });
        for order in &before {
            let path = format!("/api/orders/{order}");
            until(&format!("{order} to be answered for"), || {
                (pizza.get(&path).status == 200).then_some(())
            });
        }
    }
}
