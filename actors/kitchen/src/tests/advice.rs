//! What a plugin says, and what the kitchen makes of it.

use std::time::Duration;

use silo_sdk::json::{Value, json};
use silo_sdk::plugins::PluginFailure;

use super::*;
use crate::staff::PASSED_BY_MAX;
use crate::trust::{FAILURES_MAX, REST_MS};

type Answer = Result<Value, PluginFailure>;

/// Answers of the three functions; what is not given leaves it to the kitchen.
fn plugin(
    order_queue: impl Fn(&[String]) -> Answer + 'static,
    choose_chef: impl Fn() -> Answer + 'static,
    estimate: impl Fn() -> Answer + 'static,
) -> impl FnMut(&str, Value) -> Answer {
    move |function, arguments| match function {
        "order-queue" => {
            let queue = arguments["queue"].as_array().unwrap();
            let id = |order: &Value| order["orderId"].as_str().unwrap().to_owned();
            order_queue(&queue.iter().map(id).collect::<Vec<_>>())
        }
        "choose-chef" => choose_chef(),
        "estimate-cooking" => estimate(),
        other => panic!("there is no function {other}"),
    }
}

fn none() -> Answer {
    Ok(Value::Null)
}

/// Orders wait, then this many chefs come; who gets what, in order.
fn cooked(host: &Host, kitchen: &mut Kitchen, orders: &[&str], chefs: usize) -> Vec<String> {
    for order in orders {
        kitchen.on_events(vec![order_event("created", order)]);
    }
    for chef in 1..=chefs {
        kitchen.clock_in(chef.to_string()).unwrap();
    }
    finish_all(host, kitchen)
}

fn finish_all(host: &Host, kitchen: &mut Kitchen) -> Vec<String> {
    let mut done = 0;
    loop {
        let assigned = assigned(host);
        if done == assigned.len() {
            return assigned.into_iter().map(|(_, order)| order).collect();
        }
        let (chef, order) = assigned[done].clone();
        done += 1;
        finish(kitchen, &chef, &order);
    }
}

#[test]
fn the_plugin_orders_the_queue() {
    let host = kitchen();
    let backwards = |ids: &[String]| Ok(json!(ids.iter().rev().collect::<Vec<_>>()));
    host.bind_plugin("one", plugin(backwards, none, none));
    let mut kitchen = Kitchen::default();
    let order = cooked(&host, &mut kitchen, &["a", "b", "c"], 1);
    assert_eq!(order, ["c", "b", "a"]);
    let status = kitchen.view().plugin.unwrap();
    assert_eq!((status.binding.as_str(), status.failures), ("one", 0));
    host.unbind_plugin();
    host.clear_effects();
    assert_eq!(cooked(&host, &mut kitchen, &["d", "e"], 0), ["d", "e"]);
    assert_eq!(kitchen.view().plugin, None);
}

#[test]
fn orders_that_are_left_out_keep_their_place_behind_the_others() {
    let host = kitchen();
    let only_c = |ids: &[String]| {
        let named = ids.iter().filter(|id| *id == "c");
        Ok(json!(named.collect::<Vec<_>>()))
    };
    host.bind_plugin("one", plugin(only_c, none, none));
    let mut kitchen = Kitchen::default();
    let order = cooked(&host, &mut kitchen, &["a", "b", "c", "d"], 1);
    assert_eq!(order, ["c", "a", "b", "d"]);
    assert_eq!(kitchen.view().plugin.unwrap().failures, 0);
}

#[test]
fn the_plugin_chooses_the_chef_and_guesses_the_time() {
    let host = kitchen();
    let third = || Ok(json!("napoli.3"));
    let quarter = || Ok(json!(900_000));
    let in_order = |ids: &[String]| Ok(json!(ids));
    host.bind_plugin("one", plugin(in_order, third, quarter));
    let mut kitchen = Kitchen::default();
    for chef in ["1", "2", "3"] {
        kitchen.clock_in(chef.to_owned()).unwrap();
    }
    kitchen.on_events(vec![order_event("created", "a")]);
    assert_eq!(assigned(&host)[0].0, "napoli.3");
    let display = kitchen.display();
    let station = display.stations.iter().find(|s| s.order_id.is_some());
    let station = station.unwrap();
    assert_eq!(station.ready_at, station.since.map(|at| at + 900_000));
    let (chef, order) = assigned(&host).remove(0);
    finish(&mut kitchen, &chef, &order);
    assert!(
        kitchen
            .display()
            .stations
            .iter()
            .all(|s| s.ready_at.is_none())
    );
}

/// Each answer is no use: every order is cooked by the kitchen's own rule, and the kitchen
/// says what was wrong.
#[test]
fn nonsense_harms_nothing() {
    let failed = || Err(PluginFailure::Failed("cpu: more than 5 ms".to_owned()));
    let unfit = || Err(PluginFailure::Unfit("no such function".to_owned()));
    let veto = |_: &[String]| Ok(json!([]));
    let stranger = |_: &[String]| Ok(json!(["x"]));
    let twice = |ids: &[String]| Ok(json!([ids[1], ids[1]]));
    let text = |_: &[String]| Ok(json!("a"));
    type Plugin = Box<dyn FnMut(&str, Value) -> Answer>;
    let cases: [(Plugin, Option<&str>); 10] = [
        (Box::new(plugin(veto, none, none)), None),
        (
            Box::new(plugin(stranger, none, none)),
            Some("does not wait"),
        ),
        (Box::new(plugin(twice, none, none)), Some("twice")),
        (Box::new(plugin(text, none, none)), Some("another type")),
        (Box::new(plugin(move |_| failed(), none, none)), Some("cpu")),
        (
            Box::new(plugin(move |_| unfit(), none, none)),
            Some("no such"),
        ),
        (
            Box::new(plugin(veto, || Ok(json!("napoli.9")), none)),
            Some("not free"),
        ),
        (
            Box::new(plugin(veto, none, || Ok(json!(u64::MAX)))),
            Some("four hours"),
        ),
        (
            Box::new(plugin(veto, none, || Ok(json!(0)))),
            Some("four hours"),
        ),
        (
            Box::new(|_: &str, _| Err(PluginFailure::Busy("no time".to_owned()))),
            None,
        ),
    ];
    for (plugin, expected) in cases {
        let host = kitchen();
        host.bind_plugin("hostile", plugin);
        let mut kitchen = Kitchen::default();
        let orders = ["a", "b", "c", "d", "e"];
        // Two who are free, so that there is a choice.
        assert!(cooked(&host, &mut kitchen, &[], 2).is_empty());
        assert_eq!(cooked(&host, &mut kitchen, &orders, 0), orders);
        let status = kitchen.view();
        assert_eq!((status.pending, status.active), (0, 0));
        let last = status.plugin.unwrap().last_failure;
        match expected {
            Some(part) => assert!(last.as_ref().unwrap().contains(part), "{last:?}"),
            None => assert_eq!(last, None),
        }
    }
}

#[test]
fn nobody_is_passed_by_for_ever() {
    let host = kitchen();
    // The first one goes last, whatever else has come meanwhile.
    let last = |ids: &[String]| Ok(json!(ids[1..].to_vec()));
    host.bind_plugin("one", plugin(last, none, none));
    let mut kitchen = Kitchen::default();
    kitchen.on_events(vec![
        order_event("created", "victim"),
        order_event("created", "0"),
    ]);
    kitchen.clock_in("1".to_owned()).unwrap();
    for n in 1..100 {
        kitchen.on_events(vec![order_event("created", &n.to_string())]);
        let (chef, order) = assigned(&host).pop().unwrap();
        finish(&mut kitchen, &chef, &order);
    }
    let orders: Vec<String> = assigned(&host)
        .into_iter()
        .map(|(_, order)| order)
        .collect();
    let place = orders.iter().position(|order| order == "victim");
    assert_eq!(place, Some(PASSED_BY_MAX as usize));
}

#[test]
fn a_plugin_that_fails_rests_and_is_tried_again() {
    let host = kitchen();
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let works = std::rc::Rc::new(std::cell::Cell::new(false));
    let (count, answers) = (asked.clone(), works.clone());
    host.bind_plugin("one", move |_, _| {
        count.set(count.get() + 1);
        if answers.get() {
            Ok(Value::Null)
        } else {
            Err(PluginFailure::Failed("trap".to_owned()))
        }
    });
    let mut kitchen = Kitchen::default();
    kitchen.clock_in("1".to_owned()).unwrap();
    let mut number = 0;
    let mut one_order = |kitchen: &mut Kitchen| {
        number += 1;
        kitchen.on_events(vec![order_event("created", &number.to_string())]);
        let (chef, order) = assigned(&host).pop().unwrap();
        assert_eq!(order, number.to_string());
        finish(kitchen, &chef, &order);
        asked.replace(0)
    };
    for _ in 0..FAILURES_MAX {
        assert_eq!(one_order(&mut kitchen), 1);
    }
    assert_eq!(one_order(&mut kitchen), 0, "it rests");
    let status = kitchen.view().plugin.unwrap();
    assert_eq!(status.trust, crate::bindings::types::PluginTrust::Resting);
    assert_eq!(status.failures_in_a_row, FAILURES_MAX);
    assert!(status.asked_again_at.is_some());

    // One failure after the rest is enough for another rest.
    host.advance(Duration::from_millis(REST_MS));
    assert_eq!(one_order(&mut kitchen), 1);
    assert_eq!(one_order(&mut kitchen), 0);
    host.advance(Duration::from_millis(REST_MS));
    works.set(true);
    assert_eq!(one_order(&mut kitchen), 1);
    assert_eq!(one_order(&mut kitchen), 1);
    let status = kitchen.view().plugin.unwrap();
    assert_eq!((status.failures_in_a_row, status.failures), (0, 4));
    assert_eq!(status.asked_again_at, None);
}

#[test]
fn a_new_plugin_is_not_to_blame_for_the_old_one() {
    let host = kitchen();
    host.bind_plugin("bad", |_, _| Err(PluginFailure::Failed("trap".to_owned())));
    let mut kitchen = Kitchen::default();
    assert_eq!(
        cooked(&host, &mut kitchen, &["a", "b", "c", "d"], 1).len(),
        4
    );
    assert!(kitchen.view().plugin.unwrap().asked_again_at.is_some());
    host.bind_plugin("good", plugin(|ids| Ok(json!(ids)), none, none));
    assert_eq!(kitchen.view().plugin.unwrap().failures, 0);
    assert_eq!(cooked(&host, &mut kitchen, &["e", "f"], 0).len(), 6);
    let status = kitchen.view().plugin.unwrap();
    assert_eq!(
        (status.binding.as_str(), status.last_failure),
        ("good", None)
    );
}

#[test]
fn screens_see_what_the_plugin_would_have_made_next_and_how_it_does() {
    let host = kitchen();
    let backwards = |ids: &[String]| Ok(json!(ids.iter().rev().collect::<Vec<_>>()));
    host.bind_plugin("one", plugin(backwards, none, none));
    let mut kitchen = Kitchen::default();
    for order in ["a", "b", "c", "d"] {
        kitchen.on_events(vec![order_event("created", order)]);
    }
    let waiting = |kitchen: &Kitchen| -> Vec<String> {
        let queue = kitchen.display().queue.into_iter();
        queue.map(|ticket| ticket.order_id).collect()
    };
    assert_eq!(waiting(&kitchen), ["a", "b", "c", "d"], "it was not asked");
    kitchen.clock_in("1".to_owned()).unwrap();
    assert_eq!(waiting(&kitchen), ["c", "b", "a"]);
    kitchen.on_events(vec![order_event("created", "e")]);
    assert_eq!(waiting(&kitchen), ["c", "b", "a", "e"]);
    let told = |host: &Host, kind: &str| -> Vec<Value> {
        let events = host.published("kitchen-events").into_iter();
        let told = events.map(|event| event[kind].clone());
        told.filter(|told| !told.is_null()).collect()
    };
    assert_eq!(told(&host, "queue"), [json!(["c", "b", "a"])]);
    assert_eq!(told(&host, "plugin").len(), 1, "it is a new one");

    host.clear_effects();
    let fails = |_: &[String]| Err(PluginFailure::Failed("trap".to_owned()));
    host.bind_plugin("one", plugin(fails, none, none));
    finish(&mut kitchen, "napoli.1", "d");
    assert_eq!(waiting(&kitchen), ["b", "c", "e"], "as they came");
    let plugin = told(&host, "plugin").pop().unwrap();
    assert_eq!(
        (&plugin["failures"], &plugin["trust"]),
        (&json!(1), &json!("asked"))
    );
}
