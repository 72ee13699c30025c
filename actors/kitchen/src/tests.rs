use silo_sdk::testing::Host;

use super::*;

fn kitchen() -> Host {
    Host::new("kitchen", "napoli")
}

fn news(kind: &str, order_id: &str) -> stream_events::Event {
    let payload = silo_sdk::json::json!({
        "kind": kind, "orderId": order_id, "at": 1, "remakes": 0,
        "items": [{"pizzaType": "Margherita", "quantity": 1, "unitPriceCents": 900}],
    });
    stream_events::Event {
        name: news::STREAM.to_owned(),
        position: 1,
        payload: payload.to_string(),
    }
}

fn assigned(host: &Host) -> Vec<(String, String)> {
    let sent = host.sent_to("chef", "assign");
    let order = |a: &silo_sdk::json::Value| a["orderId"].as_str().unwrap().to_owned();
    sent.into_iter()
        .map(|sent| (sent.key, order(&sent.arguments)))
        .collect()
}

#[test]
fn orders_are_cooked_in_the_order_in_which_they_came() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    for order in ["a", "b", "c"] {
        kitchen.on_events(vec![news("created", order)]);
    }
    kitchen.on_events(vec![news("created", "b")]);
    assert_eq!(kitchen.view().pending, 3);
    kitchen.clock_in("1".to_owned()).unwrap();
    assert_eq!(assigned(&host), [("napoli.1".to_owned(), "a".to_owned())]);
    kitchen
        .chef_done("napoli.1".to_owned(), "a".to_owned())
        .unwrap();
    kitchen.on_events(vec![news("remake", "z")]);
    kitchen
        .chef_done("napoli.1".to_owned(), "b".to_owned())
        .unwrap();
    let orders: Vec<String> = assigned(&host)
        .into_iter()
        .map(|(_, order)| order)
        .collect();
    assert_eq!(
        orders,
        ["a", "b", "z"],
        "a burned order is made before those that wait"
    );
    assert_eq!(kitchen.queue(None, 10)[0].order_id, "c");
}

#[test]
fn no_chef_gets_two_orders() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    kitchen.clock_in("1".to_owned()).unwrap();
    kitchen.clock_in("2".to_owned()).unwrap();
    for order in ["a", "b", "c"] {
        kitchen.on_events(vec![news("created", order)]);
    }
    let mut chefs: Vec<String> = assigned(&host).into_iter().map(|(chef, _)| chef).collect();
    chefs.sort();
    assert_eq!(chefs, ["napoli.1", "napoli.2"]);
    assert_eq!((kitchen.view().pending, kitchen.view().active), (1, 2));
}

#[test]
fn a_cancelled_order_leaves_the_queue_or_the_chef() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    kitchen.clock_in("1".to_owned()).unwrap();
    for order in ["a", "b", "c"] {
        kitchen.on_events(vec![news("created", order)]);
    }
    kitchen.on_events(vec![news("cancelled", "b")]);
    kitchen.on_events(vec![news("cancelled", "a")]);
    assert_eq!(host.sent_to("chef", "abandon")[0].arguments["orderId"], "a");
    let orders: Vec<String> = assigned(&host)
        .into_iter()
        .map(|(_, order)| order)
        .collect();
    assert_eq!(orders, ["a", "c"]);
    assert_eq!(kitchen.view().pending, 0);
}

#[test]
fn three_failures_take_a_chef_off_shift() {
    let _host = kitchen();
    let mut kitchen = Kitchen::default();
    kitchen.on_events(vec![news("created", "a")]);
    kitchen.clock_in("1".to_owned()).unwrap();
    for _ in 0..3 {
        assert_eq!(kitchen.view().active, 1);
        let (chef, order) = ("napoli.1".to_owned(), "a".to_owned());
        kitchen
            .chef_failed(chef, order, "burned".to_owned(), true)
            .unwrap();
    }
    let view = kitchen.view();
    assert_eq!((view.available_chefs, view.active, view.pending), (0, 0, 1));
    assert_eq!(view.alerts[0].kind, "chef-off-shift");
}

#[test]
fn an_overheated_oven_burns_what_is_in_it() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    kitchen.clock_in("1".to_owned()).unwrap();
    kitchen.clock_in("2".to_owned()).unwrap();
    kitchen.on_events(vec![news("created", "a")]);
    kitchen
        .report_alert("overheat".to_owned(), "450 degrees".to_owned())
        .unwrap();
    assert_eq!(host.sent_to("chef", "burn").len(), 1);
    assert!(kitchen.report_alert(String::new(), "?".to_owned()).is_err());
    assert!(kitchen.report_oven("o".to_owned(), f64::NAN, None).is_err());
}

mod advice;
