//! What happens when stock runs low and somebody is to bring more.

use std::time::Duration;

use bindings::types::{Acceptance, Arrival};
use silo_sdk::json::{Value, json};
use silo_sdk::testing::{Due, Host, START_MS, failed, ok, refused};

use super::*;

mod days;
mod offers;

const DAY: Duration = Duration::from_secs(86_400);

fn amount(quantity: u32) -> Vec<Amount> {
    let ingredient = "dough".to_owned();
    vec![Amount {
        ingredient,
        quantity,
    }]
}

fn rule() -> Rule {
    Rule {
        ingredient: "dough".to_owned(),
        order_below: 10,
        up_to: 50,
        supplier_id: "market".to_owned(),
        ask_first: None,
        on: None,
    }
}

/// A dozen of dough, a pizza that takes one, and this rule.
fn stocked(rule: Rule) -> (Host, Inventory) {
    let host = Host::new("inventory", "napoli");
    host.set_caller(Some(("supplier", "market")));
    host.answer("supplier", "get", |supplier, _| match supplier {
        "market" => ok(json!({
            "supplierId": "market", "accepted": 0, "delivered": 0, "failed": 0, "cancelled": 0,
            "profile": {"name": "Market", "leadMs": 1_000, "prices": []},
        })),
        "asleep" => failed(silo_sdk::CallFailure::Deadline("late".to_owned())),
        _ => refused(Refusal::NotFound(format!(
            "there is no supplier {supplier}"
        ))),
    });
    let mut inventory = Inventory::default();
    inventory.restock(amount(12)).unwrap();
    let recipe = Recipe {
        pizza_type: "Bianca".to_owned(),
        price_cents: 500,
        ingredients: amount(1),
    };
    inventory.set_recipe(recipe).unwrap();
    inventory.set_rules(vec![rule]).unwrap();
    (host, inventory)
}

fn eat(inventory: &mut Inventory, order: &str, quantity: u32) {
    let pizza_type = "Bianca".to_owned();
    let items = vec![RequestedItem {
        pizza_type,
        quantity,
    }];
    let reserved = inventory.reserve(order.to_owned(), items).unwrap();
    assert!(matches!(reserved, Reservation::Reserved(_)), "{reserved:?}");
    inventory.consume(order.to_owned(), 0).unwrap();
    conserved(inventory);
}

fn conserved(inventory: &Inventory) {
    for line in inventory.stock() {
        let there_is = u64::from(line.on_hand) + u64::from(line.reserved);
        assert_eq!(
            line.supplied,
            there_is + line.consumed + line.wasted,
            "{line:?}"
        );
    }
}

fn hear(inventory: &mut Inventory, id: &str, news: SupplyNews) {
    inventory.supply(id.to_owned(), news).unwrap();
    conserved(inventory);
}

fn brought(number: u32, quantity: u32) -> SupplyNews {
    SupplyNews::Delivered(Arrival {
        number,
        quantity,
        next_at: None,
    })
}

fn asked(host: &Host) -> Vec<(Value, Value)> {
    let sent = host.sent_to("supplier", "order").into_iter();
    sent.map(|sent| {
        (
            sent.arguments["orderId"].clone(),
            sent.arguments["quantity"].clone(),
        )
    })
    .collect()
}

fn listed(inventory: &Inventory) -> Vec<(String, SupplyState, u32)> {
    let orders = inventory.orders(None, None, 100).into_iter();
    orders
        .map(|order| (order.order_id, order.state, order.delivered))
        .collect()
}

fn rule_of(inventory: &Inventory) -> bindings::types::RuleState {
    inventory.stock()[0].rule.clone().unwrap()
}

fn ring(host: &Host, inventory: &mut Inventory, after: Duration) {
    for due in host.advance(after) {
        if let Due::Reminder { name, due_ms } = due {
            inventory.on_reminder(name, due_ms, 0);
        }
    }
}

#[test]
fn one_need_is_ordered_once_and_restocked() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 2);
    assert!(asked(&host).is_empty(), "ten are enough");
    eat(&mut inventory, "b", 1);
    for order in ["c", "d", "e"] {
        eat(&mut inventory, order, 1);
    }
    assert_eq!(asked(&host), [("supply-1".into(), 41.into())]);
    assert_eq!(rule_of(&inventory).order_id.as_deref(), Some("supply-1"));
    let accepted = Acceptance {
        unit_price_cents: 30,
        due_at: START_MS + 9,
    };
    hear(&mut inventory, "supply-1", SupplyNews::Accepted(accepted));
    hear(&mut inventory, "supply-1", SupplyNews::Shipped);
    hear(&mut inventory, "supply-1", SupplyNews::Accepted(accepted));
    assert_eq!(
        inventory.orders(None, None, 1)[0].state,
        SupplyState::Shipped
    );
    for _ in 0..2 {
        hear(&mut inventory, "supply-1", brought(1, 41));
    }
    assert_eq!(inventory.stock()[0].on_hand, 47);
    assert_eq!(
        listed(&inventory),
        [("supply-1".to_owned(), SupplyState::Delivered, 41)]
    );
    // The next need is another order.
    eat(&mut inventory, "f", 40);
    assert_eq!(asked(&host)[1..], [("supply-2".into(), 43.into())]);
}

#[test]
fn nothing_is_ordered_without_a_rule_that_is_on() {
    let off = Rule {
        on: Some(false),
        ..rule()
    };
    let (host, mut inventory) = stocked(off);
    eat(&mut inventory, "a", 12);
    assert!(asked(&host).is_empty());
    inventory.set_rules(vec![rule()]).unwrap();
    assert_eq!(asked(&host), [("supply-1".into(), 50.into())]);
    // Switched off and on while it is under way, it is still one order.
    inventory
        .set_rules(vec![Rule {
            on: Some(false),
            ..rule()
        }])
        .unwrap();
    inventory.set_rules(vec![rule()]).unwrap();
    assert_eq!(asked(&host).len(), 1);
}

#[test]
fn the_rest_of_an_order_stays_under_way() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 12);
    hear(&mut inventory, "supply-1", brought(1, 5));
    eat(&mut inventory, "b", 5);
    assert_eq!(asked(&host).len(), 1);
    let state = |inventory: &Inventory| inventory.orders(None, None, 1)[0].state;
    assert_eq!(state(&inventory), SupplyState::PartlyDelivered);
    // Deliveries are told apart by their numbers, whatever comes first.
    hear(&mut inventory, "supply-1", brought(3, 25));
    hear(&mut inventory, "supply-1", brought(1, 5));
    hear(&mut inventory, "supply-1", brought(2, 20));
    assert_eq!(state(&inventory), SupplyState::Delivered);
    assert_eq!(inventory.stock()[0].on_hand, 45);
}

#[test]
fn what_failed_is_told_and_ordered_again_after_a_while() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 12);
    hear(&mut inventory, "supply-1", brought(1, 5));
    let lost = || SupplyNews::Failed("lost".to_owned());
    hear(&mut inventory, "supply-1", lost());
    hear(&mut inventory, "supply-1", lost());
    assert_eq!(listed(&inventory)[0].1, SupplyState::Failed);
    let alerts = host.published("inventory-alerts");
    let failed: Vec<_> = alerts
        .iter()
        .filter_map(|alert| alert.get("failedOrder"))
        .collect();
    assert_eq!(failed.len(), 1, "{alerts:?}");
    assert_eq!(
        (&failed[0]["orderId"], &failed[0]["reason"]),
        (&"supply-1".into(), &"lost".into())
    );
    ring(&host, &mut inventory, Duration::from_secs(59));
    eat(&mut inventory, "b", 1);
    assert_eq!(asked(&host).len(), 1);
    ring(&host, &mut inventory, Duration::from_secs(1));
    assert_eq!(asked(&host)[1..], [("supply-2".into(), 46.into())]);
    // A delivery that was late in being told is booked; it changes nothing else.
    hear(&mut inventory, "supply-1", brought(2, 20));
    assert_eq!(inventory.stock()[0].on_hand, 24);
    // Twice as long after the second time.
    hear(&mut inventory, "supply-2", lost());
    eat(&mut inventory, "c", 20);
    ring(&host, &mut inventory, Duration::from_secs(119));
    assert_eq!(asked(&host).len(), 2);
    ring(&host, &mut inventory, Duration::from_secs(1));
    assert_eq!(asked(&host).len(), 3);
}

#[test]
fn a_proposed_order_waits_for_a_yes() {
    let careful = Rule {
        ask_first: Some(true),
        ..rule()
    };
    let (host, mut inventory) = stocked(careful);
    eat(&mut inventory, "a", 12);
    assert!(asked(&host).is_empty());
    let proposed = inventory.orders(Some(SupplyState::Proposed), None, 10);
    assert_eq!(proposed.len(), 1);
    let confirm = |inventory: &mut Inventory| inventory.confirm_order("supply-1".to_owned());
    for _ in 0..2 {
        assert_eq!(confirm(&mut inventory).unwrap().state, SupplyState::Ordered);
    }
    assert_eq!(asked(&host), [("supply-1".into(), 50.into())]);
    hear(&mut inventory, "supply-1", SupplyNews::Shipped);
    assert!(matches!(confirm(&mut inventory), Err(Refusal::Conflict(_))));
}

/// The manager's screen has an alert for it, which nobody needs to see any more.
#[test]
fn what_is_decided_is_told_once_to_whoever_has_its_alert() {
    let careful = || Rule {
        ask_first: Some(true),
        ..rule()
    };
    for decide in [Inventory::confirm_order, Inventory::cancel_order] {
        let (host, mut inventory) = stocked(careful());
        eat(&mut inventory, "a", 12);
        decide(&mut inventory, "supply-1".to_owned()).unwrap();
        decide(&mut inventory, "supply-1".to_owned()).unwrap();
        let told = host.published("restaurant-orders");
        let proposed = told.iter().find(|event| !event["alert"].is_null()).unwrap();
        assert_eq!(proposed["alert"]["kind"], "supply-proposed");
        assert_eq!(proposed["alert"]["about"], "supply-1");
        let decided = told.iter().filter(|event| event["kind"] == "decided");
        let about: Vec<_> = decided
            .map(|event| (&event["about"], &event["by"]))
            .collect();
        assert_eq!(about, [(&json!("supply-1"), &json!("inventory/napoli"))]);
    }
}

#[test]
fn a_rule_names_a_supplier_who_is_there() {
    let (host, mut inventory) = stocked(rule());
    let of = |supplier: &str| Rule {
        supplier_id: supplier.to_owned(),
        ..rule()
    };
    let Err(Refusal::Invalid(found)) = inventory.set_rules(vec![rule(), of("nobody")]) else {
        panic!("a stranger is taken");
    };
    assert_eq!(found[0].pointer, "/rules/1/supplierId");
    assert!(found[0].message.contains("nobody"), "{}", found[0].message);
    assert_eq!(rule_of(&inventory).supplier_id, "market");
    // Who gives no answer at the moment is no stranger, and one is asked once for all rules.
    let before = host.asked().len();
    inventory
        .set_rules(vec![of("asleep"), of("asleep")])
        .unwrap();
    assert_eq!(rule_of(&inventory).supplier_id, "asleep");
    assert_eq!(host.asked().len(), before + 1);
}

#[test]
fn a_cancelled_order_is_not_made_again_at_once() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 12);
    host.answer("supplier", "cancel", |_, _| ok(()));
    let cancel = |inventory: &mut Inventory| inventory.cancel_order("supply-1".to_owned());
    for _ in 0..2 {
        assert_eq!(
            cancel(&mut inventory).unwrap().state,
            SupplyState::Cancelled
        );
    }
    hear(&mut inventory, "supply-1", SupplyNews::Cancelled);
    inventory.restock(amount(2)).unwrap();
    eat(&mut inventory, "b", 1);
    assert_eq!(asked(&host).len(), 1);
    assert!(rule_of(&inventory).rests);
    inventory.restock(amount(20)).unwrap();
    eat(&mut inventory, "c", 15);
    assert_eq!(asked(&host).len(), 2, "there was enough meanwhile");
}

#[test]
fn what_has_left_is_not_cancelled() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 12);
    let shipped = Refusal::Conflict(bindings::types::Conflict {
        message: "too late".to_owned(),
        current: Some("shipped".to_owned()),
        wanted: None,
        allowed: Vec::new(),
    });
    host.answer("supplier", "cancel", move |_, _| refused(shipped.clone()));
    let id = || "supply-1".to_owned();
    assert!(matches!(
        inventory.cancel_order(id()),
        Err(Refusal::Conflict(_))
    ));
    hear(&mut inventory, "supply-1", SupplyNews::Shipped);
    let asked = host.asked().len();
    assert!(matches!(
        inventory.cancel_order(id()),
        Err(Refusal::Conflict(_))
    ));
    assert_eq!(host.asked().len(), asked, "nobody needs to be asked");
    assert!(matches!(
        inventory.cancel_order("supply-01".to_owned()),
        Err(Refusal::NotFound(_))
    ));
}

#[test]
fn only_its_supplier_tells_of_an_order() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 12);
    for stranger in [None, Some(("supplier", "other")), Some(("order", "market"))] {
        host.set_caller(stranger);
        let told = inventory.supply("supply-1".to_owned(), brought(1, 50));
        assert!(matches!(told, Err(Refusal::Conflict(_))), "{stranger:?}");
    }
    assert_eq!(inventory.stock()[0].on_hand, 0);
}

#[test]
fn a_supplier_who_says_nothing_is_asked_again_with_the_same_id() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 12);
    ring(&host, &mut inventory, DAY);
    let ids: Vec<_> = asked(&host).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["supply-1", "supply-1"]);
}

#[test]
fn nothing_rests_for_a_date_that_was_set_back() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 12);
    hear(
        &mut inventory,
        "supply-1",
        SupplyNews::Failed("lost".to_owned()),
    );
    host.set_now_ms(host.now_ms() - 3_600_000);
    inventory.on_reminder(rules::AGAIN.to_owned(), 0, 0);
    assert_eq!(asked(&host).len(), 2);
    // Nobody knows for how long nothing was heard of it.
    host.set_now_ms(host.now_ms() - 3_600_000);
    inventory.on_reminder(crate::days::DAILY.to_owned(), 0, 0);
    assert_eq!(asked(&host)[2], asked(&host)[1]);
}

#[test]
fn a_report_tells_each_day_what_came_and_went() {
    let (host, mut inventory) = stocked(rule());
    eat(&mut inventory, "a", 5);
    inventory.remake("a".to_owned(), 1).unwrap();
    inventory.consume("a".to_owned(), 1).unwrap();
    let to_midnight = Duration::from_secs(43_200);
    ring(&host, &mut inventory, to_midnight);
    ring(&host, &mut inventory, DAY);
    hear(&mut inventory, "supply-1", brought(1, 43));
    let report = inventory.movements(90, None, 10);
    let total = |r: &IngredientReport| (r.supplied, r.used, r.wasted, r.ordered);
    let figures = |m: &bindings::types::DayMovement| (m.supplied, m.used, m.wasted, m.ordered);
    assert_eq!(total(&report[0]), (55, 10, 5, 43));
    let days: Vec<_> = report[0].days.iter().map(figures).collect();
    assert_eq!(days, [(43, 0, 0, 0), (12, 10, 5, 43)]);
    let today = u32::try_from(host.now_ms() / 86_400_000).unwrap();
    assert_eq!(report[0].days[0].day, today);
    assert_eq!(report[0].days[1].day, today - 2);
    assert_eq!(inventory.movements(1, None, 10)[0].days.len(), 1);
    assert!(
        inventory
            .movements(90, Some("dough".to_owned()), 10)
            .is_empty()
    );
    // Ninety days later all that is over.
    for _ in 0..91 {
        ring(&host, &mut inventory, DAY);
    }
    assert_eq!(total(&inventory.movements(90, None, 10)[0]), (0, 0, 0, 0));
}

#[test]
fn ended_orders_leave_the_list_in_time() {
    let (host, mut inventory) = stocked(rule());
    for round in 1..=8 {
        let on_hand = inventory.stock()[0].on_hand;
        eat(&mut inventory, &format!("order-{round}"), on_hand);
        let id = format!("supply-{round}");
        if round == 7 {
            host.advance(DAY * 91);
        }
        hear(&mut inventory, &id, brought(1, 50));
    }
    let ids: Vec<_> = listed(&inventory).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["supply-8", "supply-7"]);
    let delivered = inventory.orders(Some(SupplyState::Delivered), None, 10);
    assert_eq!(delivered.len(), 2);
}
