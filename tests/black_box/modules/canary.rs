//! A canary: who gets it, and how it is taken back by itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::operator::{complained, succeeded};
use crate::modules::fixture::{World, bundled, marked, variant};

#[test]
fn a_canary_has_its_share_of_the_keys_and_keeps_them_while_it_grows() {
    let world = World::new(&["--speed", "1"]);
    let file = world.file("order.wasm", &marked(&bundled("order"), 1));
    let pushed = world.json(&["module", "push", &file, "--type", "order"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    let canary = |percent: &str| world.cli(&["module", "canary", digest, percent]);
    succeeded(&canary("20"));
    let orders: Vec<String> = (0..200).map(|_| world.pizza.order()).collect();
    let served = |order: &String| {
        let actor = world.json(&["actor", "get", &format!("order/{order}")]);
        actor["module"] == *digest
    };
    let canaries: Vec<&String> = orders.iter().filter(|order| served(order)).collect();
    assert!(
        (20..=62).contains(&canaries.len()),
        "{} of 200",
        canaries.len()
    );

    let fewer = complained(&canary("10"));
    assert!(fewer.contains("does not give actors back"), "{fewer}");
    succeeded(&canary("60"));
    // Each is touched again, and stays where it was.
    for order in &canaries {
        let path = format!("/api/orders/{order}/cancel");
        assert_eq!(world.pizza.post(&path, &json!({})).status, 200);
        assert!(served(order), "{order} went back");
    }
    for nonsense in ["0", "101", "-3", "NaN"] {
        let refused = world.cli(&["module", "canary", digest, "--", nonsense]);
        assert!(!refused.status.success(), "{nonsense}");
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "a measured time")]
fn a_module_that_fails_one_turn_in_five_is_taken_back_by_itself() {
    let world = World::new(&["--speed", "1"]);
    let file = variant("order", "faulty").display().to_string();
    let first = world.current("order");
    let words = ["module", "push", &file, "--type", "order", "--canary", "10"];
    succeeded(&world.cli(&words));

    let wish = json!({"customerId": "customer-1", "pizzaType": "Margherita"});
    let (mut created, mut failed) = (Vec::new(), Vec::new());
    let mut first_failed = None;
    let taken_back = loop {
        for _ in 0..50 {
            let answer = world.pizza.post("/api/orders", &wish);
            match answer.status {
                201 => created.push(answer.json()["orderId"].as_str().expect("an id").to_owned()),
                500 => {
                    first_failed.get_or_insert_with(Instant::now);
                    failed.push(answer.json()["detail"].to_string());
                }
                status => panic!("{status}: {}", answer.text()),
            }
        }
        let audit = world.audit("order");
        if let Some(line) = audit.into_iter().find(|line| line["what"] == "rolled-back") {
            break line;
        }
        let waited = first_failed.map_or(Duration::ZERO, |at| at.elapsed());
        assert!(waited < Duration::from_secs(30), "{} failed", failed.len());
    };
    let took = first_failed.expect("one failed").elapsed();
    println!("taken back {took:?} after the first failure: {taken_back}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(taken_back["by"], "silo");
    assert!(
        taken_back["detail"]
            .as_str()
            .expect("words")
            .contains("turns failed")
    );
    assert!(
        failed.iter().all(|why| why.contains("one of five")),
        "{failed:?}"
    );

    assert_eq!(world.current("order"), first);
    let list = world.json(&["module", "list", "order"]);
    let serving = |module: &&Value| module["percent"].is_number();
    let modules = list["modules"].as_array().expect("a list");
    assert_eq!(modules.iter().filter(serving).count(), 1);
    for order in &created {
        let answer = world.pizza.get(&format!("/api/orders/{order}"));
        assert_eq!(answer.status, 200, "{order}");
        // A free chef may have taken it already.
        let status = answer.json()["status"].clone();
        assert!(
            status == "created" || status == "preparing",
            "{order}: {status}"
        );
    }
}
