//! What a manager sees of it, and may do.

use serde_json::{Value, json};

use crate::common::sse::Reader;
use crate::common::{Pizza, until};
use crate::restock::shop::{
    self, SHOP, call, conserved, dough, orders, rule, set_rule, until_state, wish,
};

const FAST: [&str; 2] = ["--speed", "60"];
/// Life goes by too slowly for anything to arrive.
const SLOW: [&str; 2] = ["--speed", "1"];
const HOUR_MS: u64 = 3_600_000;

fn eat(pizza: &Pizza, order: &str, quantity: u32) {
    call(pizza, "inventory/napoli", "reserve", &wish(order, quantity));
}

#[test]
fn what_runs_low_arrives_by_itself_and_is_in_the_history() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &FAST);
    // The demo has rules, and nothing of what it has is low.
    let demo = dough(&pizza)["rule"].clone();
    assert_eq!(
        (&demo["supplierId"], &demo["on"]),
        (&"market".into(), &true.into())
    );
    assert!(orders(&pizza, "").is_empty());
    shop::supplier(&pizza, "wholesale", 12_000, None);
    set_rule(&pizza, &rule("wholesale"));
    eat(&pizza, "a", 10);
    let one = orders(&pizza, "").remove(0);
    assert_eq!(
        (&one["ingredient"], &one["quantity"]),
        (&"dough".into(), &10.into())
    );
    let came = until_state(&pizza, "supply-1", "delivered");
    assert_eq!(
        (&came["delivered"], &came["unitPriceCents"]),
        (&10.into(), &35.into())
    );
    assert!(
        came["createdAt"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z')),
        "{came}"
    );
    let books = shop::ordered_once(&pizza, "wholesale", 10);
    books.unwrap_or_else(|wrong| panic!("{wrong}"));
    let report = pizza.get(&format!("{SHOP}/report?days=1&limit=1")).json();
    let first = &report["ingredients"][0];
    assert_eq!(first["ingredient"], "basil");
    assert_eq!(first["days"][0]["supplied"], shop::STOCK);
    assert_eq!(
        first["days"][0]["day"].as_str().map(str::len),
        Some(10),
        "{report}"
    );
    let path = format!(
        "{SHOP}/report?limit=1&after={}",
        report["next"].as_str().expect("more")
    );
    assert_eq!(
        pizza.get(&path).json()["ingredients"][0]["ingredient"],
        "chili"
    );
}

#[test]
fn a_delivery_that_fails_is_told_and_ordered_once_more() {
    let data = tempfile::tempdir().expect("a directory");
    // A minute of rest after a failure is 50 ms.
    let pizza = Pizza::start(data.path(), &["--speed", "1200"]);
    let mut screen = Reader::open(pizza.http, "/api/dashboard/napoli/stream", None);
    shop::supplier(&pizza, "wholesale", 120_000, Some(2));
    set_rule(&pizza, &rule("wholesale"));
    // The first one comes.
    eat(&pizza, "a", 10);
    until_state(&pizza, "supply-1", "delivered");
    // Of the second one a part; what is missing is in the third one.
    eat(&pizza, "b", 18);
    let failed = until_state(&pizza, "supply-2", "failed");
    let brought = failed["delivered"].as_u64().expect("a number");
    assert!(brought > 0 && brought < 18, "{failed}");
    assert!(failed["reason"].is_string(), "{failed}");
    let third = until_state(&pizza, "supply-3", "delivered");
    assert_eq!(third["quantity"].as_u64(), Some(18 - brought));
    let line = dough(&pizza);
    assert_eq!(line["onHand"], shop::STOCK);
    assert_eq!(line["rule"]["failures"], 0);
    conserved(&pizza).expect("nothing is made or lost");
    loop {
        let event = screen.next().expect("an alert comes");
        if event.kind == "alert" && event.data["kind"] == "supply-failed" {
            let message = event.data["message"].as_str().unwrap_or_default();
            assert!(
                message.starts_with("supply-2 for dough failed"),
                "{message}"
            );
            break;
        }
    }
}

#[test]
fn an_order_is_confirmed_or_cancelled_until_it_has_left() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &SLOW);
    shop::supplier(&pizza, "wholesale", HOUR_MS, None);
    let mut careful = rule("wholesale");
    careful["rules"][0]["askFirst"] = true.into();
    set_rule(&pizza, &careful);
    eat(&pizza, "a", 10);
    assert_eq!(orders(&pizza, "?state=proposed").len(), 1);
    let post =
        |order: &str, verb: &str| pizza.post(&format!("{SHOP}/orders/{order}/{verb}"), &json!({}));
    let confirmed = post("supply-1", "confirm");
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    let accepted = until_state(&pizza, "supply-1", "accepted");
    assert!(accepted["dueAt"].is_string(), "{accepted}");
    assert_eq!(dough(&pizza)["rule"]["orderId"], "supply-1");
    for _ in 0..2 {
        let cancelled = post("supply-1", "cancel");
        assert_eq!(cancelled.status, 200, "{}", cancelled.text());
        assert_eq!(cancelled.json()["state"], "cancelled");
    }
    // Who cancels does not want it at once again.
    eat(&pizza, "b", 1);
    assert_eq!(orders(&pizza, "").len(), 1);
    assert_eq!(dough(&pizza)["rule"]["rests"], true);

    // What is on its way is too late to cancel.
    shop::supplier(&pizza, "wholesale", 1_000, None);
    set_rule(&pizza, &rule("wholesale"));
    until_state(&pizza, "supply-2", "partlyDelivered");
    let late = post("supply-2", "cancel");
    assert_eq!(late.status, 409, "{}", late.text());
    let late = late.json();
    assert_eq!(
        (&late["type"], &late["to"]),
        (&kind("conflict"), &"cancelled".into())
    );
    until_state(&pizza, "supply-2", "delivered");
    assert_eq!(post("supply-2", "confirm").status, 409);
    let page = pizza.get(&format!("{SHOP}/orders?limit=1")).json();
    assert_eq!(page["orders"][0]["orderId"], "supply-2");
    let next = page["next"].as_str().expect("there are more");
    let rest = orders(&pizza, &format!("?limit=1&after={next}"));
    assert_eq!(rest[0]["orderId"], "supply-1");
    until("the rule to be free", || {
        dough(&pizza)["rule"].get("orderId").is_none().then_some(())
    });
    conserved(&pizza).expect("nothing is made or lost");
}

fn kind(code: &str) -> Value {
    format!("urn:awesome-pizza:problem:{code}").into()
}
