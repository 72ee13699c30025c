use silo_sdk::testing::Host;

use super::*;

fn kitchen() -> Host {
    Host::new("kitchen", "napoli")
}

/// `created`, `remake`, `cancelled`, as the order tells them; a chef's step as `<step> <chef>`.
fn order_event(kind: &str, order_id: &str) -> stream_events::Event {
    let (kind, chef) = kind.split_once(' ').unwrap_or((kind, ""));
    let (status, waits, front, remakes) = match kind {
        "created" => ("created", true, false, 0),
        "remake" => ("preparing", true, true, 1),
        "gave-up" => ("preparing", true, true, 0),
        other => (other, false, false, 0),
    };
    let mut payload = silo_sdk::json::json!({
        "orderId": order_id, "version": 1, "status": status, "waits": waits, "front": front,
        "at": 1, "remakes": remakes,
        "items": [{"pizzaType": "Margherita", "quantity": 1, "unitPriceCents": 900}],
    });
    if !chef.is_empty() {
        payload["by"] = chef.into();
        if matches!(status, "preparing" | "baking") && !waits {
            payload["chefId"] = chef.into();
        }
    }
    stream_events::Event {
        name: order_event::STREAM.to_owned(),
        position: 1,
        payload: payload.to_string(),
    }
}

fn finish(kitchen: &mut Kitchen, chef: &str, order: &str) {
    kitchen.on_events(vec![order_event(&format!("ready {chef}"), order)]);
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
        kitchen.on_events(vec![order_event("created", order)]);
    }
    kitchen.on_events(vec![order_event("created", "b")]);
    assert_eq!(kitchen.view().pending, 3);
    kitchen.clock_in("1".to_owned()).unwrap();
    assert_eq!(assigned(&host), [("napoli.1".to_owned(), "a".to_owned())]);
    kitchen.on_events(vec![order_event("ready napoli.1", "a")]);
    kitchen.on_events(vec![order_event("remake", "z")]);
    kitchen.on_events(vec![order_event("ready napoli.1", "b")]);
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
        kitchen.on_events(vec![order_event("created", order)]);
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
        kitchen.on_events(vec![order_event("created", order)]);
    }
    kitchen.on_events(vec![order_event("cancelled", "b")]);
    kitchen.on_events(vec![order_event("cancelled", "a")]);
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
    kitchen.on_events(vec![order_event("created", "a")]);
    kitchen.clock_in("1".to_owned()).unwrap();
    for _ in 0..3 {
        assert_eq!(kitchen.view().active, 1);
        let (chef, order) = ("napoli.1".to_owned(), "a".to_owned());
        kitchen.on_events(vec![order_event("gave-up napoli.1", "a")]);
        kitchen
            .chef_failed(chef, order, "burned".to_owned())
            .unwrap();
    }
    // Sent home, the chef gives back what was on its way.
    kitchen.on_events(vec![order_event("gave-up napoli.1", "a")]);
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
    kitchen.on_events(vec![order_event("created", "a")]);
    kitchen
        .report_alert("overheat".to_owned(), "450 degrees".to_owned())
        .unwrap();
    assert_eq!(host.sent_to("chef", "burn").len(), 1);
    assert!(kitchen.report_alert(String::new(), "?".to_owned()).is_err());
    assert!(kitchen.report_oven("o".to_owned(), f64::NAN, None).is_err());
}

#[test]
fn an_order_moved_by_hand_leaves_the_queue_and_the_chef() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    for order in ["a", "b", "c"] {
        kitchen.on_events(vec![order_event("created", order)]);
    }
    // Nobody cooks here: it is delivered all the same.
    kitchen.on_events(vec![order_event("preparing", "b")]);
    assert_eq!(kitchen.view().pending, 2);
    kitchen.clock_in("1".to_owned()).unwrap();
    kitchen.on_events(vec![order_event("preparing napoli.1", "a")]);
    // The display moves it on for the chef.
    let mut baking = order_event("baking", "a");
    baking.payload = baking.payload.replacen('{', r#"{"chefId":"napoli.1","#, 1);
    kitchen.on_events(vec![baking]);
    assert_eq!(host.sent_to("chef", "follow")[0].key, "napoli.1");
    assert_eq!(kitchen.view().active, 1);
    kitchen.on_events(vec![order_event("ready", "a")]);
    assert_eq!(host.sent_to("chef", "abandon")[0].arguments["orderId"], "a");
    let orders: Vec<String> = assigned(&host)
        .into_iter()
        .map(|(_, order)| order)
        .collect();
    assert_eq!(orders, ["a", "c"]);
    // What is told twice, and an order on its way to its chef, change nothing.
    kitchen.on_events(vec![order_event("created", "c"), order_event("ready", "a")]);
    assert_eq!((kitchen.view().pending, kitchen.view().active), (0, 1));
}

mod advice;
mod screens;
