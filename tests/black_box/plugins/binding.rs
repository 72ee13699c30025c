//! Plugins that mean well: bound, asked, replaced, taken away.

use crate::common::until;
use crate::plugins::kitchen::{Kitchen, example};

/// Nobody cooks until everything waits; then one chef cooks all of it, one after the other.
fn cooked_in_order(kitchen: &Kitchen, sizes: &[u32]) -> Vec<u32> {
    for chef in ["1", "2", "3"] {
        kitchen.chef(chef, "clock-out");
    }
    let orders: Vec<(String, u32)> = sizes.iter().map(|n| (kitchen.order(*n), *n)).collect();
    until("all of them to wait", || {
        let status = kitchen.pizza.get("/api/kitchen/napoli/status").json();
        (status["pending"] == sizes.len()).then_some(())
    });
    kitchen.chef("1", "clock-in");
    let ids: Vec<String> = orders.iter().map(|(id, _)| id.clone()).collect();
    kitchen.until_ready(&ids);
    let mut times: Vec<(String, u32)> = orders
        .into_iter()
        .map(|(id, size)| {
            let path = format!("/api/actors/order/{id}/timeline");
            let timeline = kitchen.pizza.post(&path, &serde_json::json!([])).text();
            (ready_at(&timeline), size)
        })
        .collect();
    times.sort();
    times.into_iter().map(|(_, size)| size).collect()
}

/// When the timeline says that the order was ready, as digits that sort.
fn ready_at(timeline: &str) -> String {
    let reply: serde_json::Value = serde_json::from_str(timeline).expect("JSON");
    let changes = reply.as_array().or_else(|| reply["ok"].as_array());
    let mut changes = changes.expect("a list").iter();
    let ready = changes.find(|change| change["to"] == "ready");
    let at = ready.unwrap_or_else(|| panic!("{timeline}"))["at"].to_string();
    format!("{at:>20}")
}

#[test]
fn a_plugin_is_bound_asked_replaced_and_taken_away() {
    let kitchen = Kitchen::open("6000");
    assert_eq!(kitchen.says(&["plugin", "list"]), "no plugins\n");
    assert!(kitchen.trust().is_null());
    assert_eq!(cooked_in_order(&kitchen, &[3, 1, 2]), [3, 1, 2]);

    let shortest = example("shortest-job");
    let shortest = shortest.to_str().expect("a path");
    let said = kitchen.says(&["plugin", "bind", "napoli", shortest]);
    assert!(said.starts_with("kitchen/napoli asks "), "{said}");
    assert_eq!(cooked_in_order(&kitchen, &[3, 1, 2]), [1, 2, 3]);
    let figures = kitchen.figures();
    assert!(figures["asked"].as_u64() > Some(3), "{figures}");
    assert_eq!(figures["failed"], 0, "{figures}");
    assert_eq!(kitchen.trust()["trust"], "asked");

    // It is there after a restart, before the first order is cooked.
    let kitchen = kitchen.restart("6000");
    assert_eq!(cooked_in_order(&kitchen, &[3, 1, 2]), [1, 2, 3]);

    let nearest = example("nearest-deadline");
    let nearest = nearest.to_str().expect("a path");
    kitchen.says(&["plugin", "bind", "napoli", nearest]);
    assert_eq!(cooked_in_order(&kitchen, &[1, 3, 2]), [3, 2, 1]);
    let listed = kitchen.says(&["plugin", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("kitchen/napoli"), "{listed}");

    kitchen.says(&["plugin", "unbind", "napoli"]);
    assert!(
        !kitchen
            .pizza(&["plugin", "unbind", "napoli"])
            .status
            .success()
    );
    assert!(kitchen.trust().is_null());
    assert_eq!(cooked_in_order(&kitchen, &[2, 3, 1]), [2, 3, 1]);
    let kitchen = kitchen.restart("6000");
    assert_eq!(
        kitchen.says(&["plugin", "list", "--json"]).trim(),
        r#"{"plugins":[]}"#
    );
}

#[test]
fn a_plugin_is_replaced_while_orders_flow() {
    let kitchen = Kitchen::open("6000");
    let plugins = ["shortest-job", "nearest-deadline"]
        .map(|name| std::fs::read(example(name)).expect("a component"));
    let mut orders = Vec::new();
    for turn in 0..20 {
        let bound = kitchen.bind(&plugins[turn % 2]);
        assert_eq!(bound.status, 200, "{}", bound.text());
        orders.push(kitchen.order(1 + turn as u32 % 3));
    }
    kitchen.until_ready(&orders);
    assert_eq!(kitchen.figures()["failed"], 0);
}

#[test]
fn what_cannot_be_bound_is_refused_and_changes_nothing() {
    let kitchen = Kitchen::open("6000");
    let good = std::fs::read(example("shortest-job")).expect("a component");
    let before = kitchen.bind(&good).json()["digest"].clone();
    let greedy = wat::parse_str(
        r#"(component (import "wasi:filesystem/preopens@0.2.6" (instance (export "f" (func)))))"#,
    );
    let greedy = greedy.expect("a component");
    let large = vec![0; 3 << 20];
    for (wasm, status, part) in [
        (&greedy[..], 422, "wasi:filesystem/preopens@0.2.6"),
        (&good[..good.len() / 2], 422, "not a valid component"),
        (&b"\0asm\x01\0\0\0"[..], 422, "a core module"),
        (&b"\x7fELF"[..], 422, "native"),
        (&b""[..], 422, "empty"),
        (&large[..], 413, "large"),
    ] {
        let answer = kitchen.bind(wasm);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
    }
    assert_eq!(kitchen.figures()["digest"], before);
    for (path, status) in [
        ("/plugins/oven/napoli", 404),
        ("/plugins/kitchen/a%20b", 422),
    ] {
        let answer = kitchen.admin("PUT", path, Some(&good));
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(
        kitchen.admin("GET", "/plugins/kitchen/roma", None).status,
        404
    );
    let order = kitchen.order(1);
    kitchen.until_ready(&[order]);
}
