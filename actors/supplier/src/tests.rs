use std::time::Duration;

use bindings::types::{Price, Stage};
use silo_sdk::json::Value;
use silo_sdk::testing::{Due, Host};

use super::*;

const LEAD_MS: u64 = 10_000;

fn profile() -> Profile {
    Profile {
        name: "Market".to_owned(),
        lead_ms: LEAD_MS,
        prices: vec![Price {
            ingredient: "dough".to_owned(),
            unit_cents: 30,
        }],
        lot_max: None,
        fails_every: None,
    }
}

fn open(profile: Profile) -> (Host, Supplier) {
    let host = Host::new("supplier", "market");
    host.set_caller(Some(("inventory", "napoli")));
    let mut supplier = Supplier::default();
    supplier.configure(profile).unwrap();
    (host, supplier)
}

fn order(supplier: &mut Supplier, id: &str, quantity: u32) {
    let (napoli, dough) = ("napoli".to_owned(), "dough".to_owned());
    supplier
        .order(napoli, id.to_owned(), dough, quantity)
        .unwrap();
}

/// Lets time pass until nothing is to come.
fn run(host: &Host, supplier: &mut Supplier) {
    while !host.reminders().is_empty() {
        for due in host.advance(Duration::from_millis(LEAD_MS / 2)) {
            if let Due::Reminder { name, due_ms } = due {
                supplier.on_reminder(name.clone(), due_ms, 0);
                // At least once is how reminders come.
                supplier.on_reminder(name, due_ms, 0);
            }
        }
    }
}

fn told(host: &Host) -> Vec<Value> {
    let sent = host.sent_to("inventory", "supply");
    sent.into_iter()
        .map(|sent| sent.arguments["news"].clone())
        .collect()
}

fn kinds(host: &Host) -> Vec<String> {
    let kind = |news: Value| match news {
        Value::String(kind) => kind,
        news => news.as_object().unwrap().keys().next().unwrap().clone(),
    };
    told(host).into_iter().map(kind).collect()
}

fn stage(supplier: &Supplier, id: &str) -> Stage {
    supplier
        .find("napoli".to_owned(), id.to_owned())
        .unwrap()
        .stage
}

#[test]
fn an_order_comes_once_however_often_it_is_placed() {
    let (host, mut supplier) = open(profile());
    for _ in 0..3 {
        order(&mut supplier, "supply-1", 100);
    }
    assert_eq!(supplier.get().unwrap().accepted, 1);
    run(&host, &mut supplier);
    order(&mut supplier, "supply-1", 100);
    run(&host, &mut supplier);
    let delivered: Vec<_> = told(&host)
        .into_iter()
        .filter(|n| n.get("delivered").is_some())
        .collect();
    assert!(delivered.len() >= 2, "asked again, it tells again");
    for news in delivered {
        let delivery = &news["delivered"];
        assert_eq!(
            (&delivery["number"], &delivery["quantity"]),
            (&1.into(), &100.into())
        );
    }
    assert_eq!(supplier.get().unwrap().delivered, 1);
}

#[test]
fn a_large_order_comes_in_several_deliveries() {
    let mut small = profile();
    small.lot_max = Some(40);
    let (host, mut supplier) = open(small);
    order(&mut supplier, "supply-1", 100);
    run(&host, &mut supplier);
    assert_eq!(
        kinds(&host),
        ["accepted", "shipped", "delivered", "delivered", "delivered"]
    );
    let quantity = |news: &Value| news["delivered"]["quantity"].as_u64().unwrap_or(0);
    let quantities: Vec<u64> = told(&host).iter().map(quantity).collect();
    assert_eq!(quantities, [0, 0, 40, 40, 20]);
    assert!(told(&host)[2]["delivered"].get("nextAt").is_some());
    assert!(told(&host)[4]["delivered"].get("nextAt").is_none());
}

#[test]
fn one_that_fails_has_brought_a_part_of_it() {
    let mut bad = profile();
    (bad.lot_max, bad.fails_every) = (Some(60), Some(2));
    let (host, mut supplier) = open(bad);
    order(&mut supplier, "supply-1", 100);
    run(&host, &mut supplier);
    host.clear_effects();
    order(&mut supplier, "supply-2", 100);
    run(&host, &mut supplier);
    assert_eq!(kinds(&host), ["accepted", "shipped", "delivered", "failed"]);
    assert_eq!(stage(&supplier, "supply-1"), Stage::Delivered);
    assert_eq!(stage(&supplier, "supply-2"), Stage::Failed);
}

#[test]
fn what_has_left_cannot_be_called_back() {
    let (host, mut supplier) = open(profile());
    let cancel =
        |supplier: &mut Supplier, id: &str| supplier.cancel("napoli".to_owned(), id.to_owned());
    order(&mut supplier, "supply-1", 5);
    cancel(&mut supplier, "supply-1").unwrap();
    cancel(&mut supplier, "supply-1").unwrap();
    run(&host, &mut supplier);
    assert_eq!(kinds(&host), ["accepted", "cancelled"]);

    order(&mut supplier, "supply-2", 5);
    for due in host.advance(Duration::from_millis(LEAD_MS / 2)) {
        let Due::Reminder { name, due_ms } = due else {
            unreachable!()
        };
        supplier.on_reminder(name, due_ms, 0);
    }
    let refused = cancel(&mut supplier, "supply-2").unwrap_err();
    let Refusal::Conflict(conflict) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(conflict.current.as_deref(), Some("shipped"));
    run(&host, &mut supplier);
    assert_eq!(stage(&supplier, "supply-2"), Stage::Delivered);
}

#[test]
fn a_cancel_that_overtakes_its_order_stops_it() {
    let (host, mut supplier) = open(profile());
    supplier
        .cancel("napoli".to_owned(), "supply-1".to_owned())
        .unwrap();
    order(&mut supplier, "supply-1", 5);
    run(&host, &mut supplier);
    assert!(
        kinds(&host).iter().all(|kind| kind == "cancelled"),
        "{:?}",
        told(&host)
    );
}

#[test]
fn what_is_not_sold_fails_and_a_stranger_orders_nothing() {
    let (host, mut supplier) = open(profile());
    let gold = (
        "napoli".to_owned(),
        "supply-1".to_owned(),
        "gold".to_owned(),
    );
    supplier.order(gold.0, gold.1, gold.2, 1).unwrap();
    assert_eq!(told(&host)[0]["failed"], "market sells no gold");
    host.set_caller(Some(("inventory", "roma")));
    let (napoli, id) = ("napoli".to_owned(), "supply-2".to_owned());
    assert!(supplier.order(napoli, id, "dough".to_owned(), 1).is_err());
    let mut wrong = profile();
    wrong.lead_ms = 5;
    wrong.lot_max = Some(0);
    let Err(Refusal::Invalid(violations)) = supplier.configure(wrong) else {
        panic!()
    };
    let pointers: Vec<_> = violations.iter().map(|v| v.pointer.as_str()).collect();
    assert_eq!(pointers, ["/profile/leadMs", "/profile/lotMax"]);
}

#[test]
fn ended_orders_are_forgotten_in_time() {
    let (host, mut supplier) = open(profile());
    for number in 0..6 {
        order(&mut supplier, &format!("supply-{number}"), 1);
    }
    run(&host, &mut supplier);
    assert_eq!(supplier.ended, 6);
    host.advance(Duration::from_secs(101 * 86_400));
    for number in 6..8 {
        order(&mut supplier, &format!("supply-{number}"), 1);
        run(&host, &mut supplier);
    }
    assert_eq!(supplier.ended, 2);
    assert!(
        supplier
            .find("napoli".to_owned(), "supply-0".to_owned())
            .is_err()
    );
}

#[test]
fn no_delivery_waits_for_a_date_that_was_set_back() {
    let (host, mut supplier) = open(profile());
    order(&mut supplier, "supply-1", 5);
    let now_ms = host.now_ms() - 3_600_000;
    host.set_now_ms(now_ms);
    supplier.on_reminder("order.1.0".to_owned(), 0, 0);
    assert_eq!(kinds(&host), ["accepted", "shipped"]);
    let due_ms = host.reminders()["order.1.1"].due_ms;
    assert_eq!(due_ms - now_ms, LEAD_MS / 2);
}
