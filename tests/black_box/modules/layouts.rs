//! State of an older layout under a newer module, and the other way round.

use serde_json::json;

use crate::common::operator::{complained, succeeded};
use crate::common::probe::manifest;
use crate::modules::fixture::{World, bundled, marked, variant};

#[test]
fn old_state_migrates_on_first_touch_and_is_never_given_back() {
    // Building it may take minutes, in which an order would be baked.
    let file = variant("order", "layout-2").display().to_string();
    let world = World::new(&["--speed", "1"]);
    let first = world.current("order");
    let order = world.pizza.order();
    let wish = json!({"customerId": "planted", "pizzaType": "Margherita"});
    let planted = world.pizza.post("/api/orders", &wish).json();
    let planted = planted["orderId"].as_str().expect("an id");

    let pushed = world.json(&["module", "push", &file, "--type", "order"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    assert_eq!(pushed["module"]["schema"], 2);

    // What would fail is known before anything serves.
    let output = world.cli(&["module", "dry-run", digest]);
    let complaint = complained(&output);
    assert!(
        complaint.contains("1 states cannot be taken over"),
        "{complaint}"
    );
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(found.contains("2 states: 1 migrated, 1 fail"), "{found}");
    assert!(found.contains(&format!("order/{planted}")), "{found}");
    assert_eq!(layout(&world, &order), 1, "a dry run writes nothing");

    let refusal = complained(&world.cli(&["module", "activate", digest]));
    assert!(refusal.contains(&format!("order/{planted}")), "{refusal}");
    let forced = ["module", "activate", digest, "--force-unreadable"];
    succeeded(&world.cli(&forced));
    assert_eq!(layout(&world, &order), 1, "nobody has touched it");
    let cancelled = world
        .pizza
        .post(&format!("/api/orders/{order}/cancel"), &json!({}));
    assert_eq!(cancelled.status, 200, "{}", cancelled.text());
    assert_eq!(layout(&world, &order), 2);

    // The one that cannot be taken over fails, and keeps what it has.
    let refused = world
        .pizza
        .post(&format!("/api/orders/{planted}/cancel"), &json!({}));
    assert_eq!(refused.status, 500, "{}", refused.text());
    assert_eq!(layout(&world, planted), 1);

    let refusal = complained(&world.cli(&["module", "rollback", "order"]));
    for words in ["1 actors", &order, "layout 2", &first, "knows layout 1"] {
        assert!(refusal.contains(words), "{words:?} is not in {refusal}");
    }
    assert_eq!(world.current("order"), digest);
    let back = complained(&world.cli(&["module", "activate", &first, "--force"]));
    assert!(back.contains("layout 2"), "{back}");
}

/// Nobody has migrated yet, so nothing is lost by going back.
#[test]
fn a_newer_layout_that_nobody_has_can_be_taken_back() {
    // Building it may take minutes, in which an order would be baked.
    let file = variant("order", "layout-2").display().to_string();
    let world = World::new(&["--speed", "1"]);
    let first = world.current("order");
    let order = world.pizza.order();
    world.activate(&file, "order");
    succeeded(&world.cli(&["module", "rollback", "order"]));
    assert_eq!(world.current("order"), first);
    let path = format!("/api/orders/{order}/cancel");
    assert_eq!(world.pizza.post(&path, &json!({})).status, 200);
    assert_eq!(layout(&world, &order), 1);
}

fn layout(world: &World, order: &str) -> u64 {
    let actor = world.json(&["actor", "get", &format!("order/{order}")]);
    actor["state"]["schema"].as_u64().expect("a layout")
}

/// The number of the layout is the same, and so nothing migrates: what cannot be read must be
/// found by reading.
#[test]
fn a_module_that_cannot_read_the_state_that_is_there_does_not_serve() {
    let world = World::new(&[]);
    let probe = [bundled("probe"), manifest()].concat();
    let file = world.file("probe.wasm", &probe);
    let before = world.activate(&file, "probe");
    let steps = r#"{"steps": [{"note": "kept"}, {"row": {"key": "k", "value": "v"}}]}"#;
    succeeded(&world.cli(&["actor", "call", "probe/a", "act", steps]));
    let history = world.json(&["actor", "get", "probe/a"]);

    let other = variant("probe", "other-shape");
    let other = [std::fs::read(other).expect("a component"), manifest()].concat();
    let other = world.file("other.wasm", &other);
    let pushed = world.json(&["module", "push", &other, "--type", "probe"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    assert_eq!(pushed["module"]["schema"], 1);
    let dry = world.cli(&["module", "dry-run", digest]);
    let complaint = complained(&dry);
    assert!(
        complaint.contains("1 states cannot be taken over"),
        "{complaint}"
    );
    let found = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert!(found.contains("1 states: 0 migrated, 1 fail"), "{found}");
    assert!(
        found.contains("probe/a") && found.contains("shape"),
        "{found}"
    );
    for words in [
        &["module", "activate", digest][..],
        &["module", "activate", digest, "--force"],
        &["module", "canary", digest, "10"],
        &["module", "push", &other, "--type", "probe", "--activate"],
    ] {
        let refusal = complained(&world.cli(words));
        for words in ["probe/a", "layout 1", "shape", "--force-unreadable"] {
            assert!(refusal.contains(words), "{words:?} is not in {refusal}");
        }
        assert_eq!(world.current("probe"), before);
    }
    assert_eq!(world.audit("probe")[0]["what"], "refused");
    assert_eq!(world.json(&["actor", "get", "probe/a"]), history);

    // One that reads it serves, and it is told what read it. A query that fails under what
    // serves now is not held against the new one.
    let good = world.file("good.wasm", &marked(&probe, 1));
    let good = world.json(&["module", "push", &good, "--type", "probe"]);
    let good = good["module"]["digest"]
        .as_str()
        .expect("a digest")
        .to_owned();
    let found = succeeded(&world.cli(&["module", "dry-run", &good]));
    assert!(found.contains("1 states: 0 migrated, 0 fail"), "{found}");
    assert!(
        found.contains("1 were read, by activate, read, rows"),
        "{found}"
    );
    succeeded(&world.cli(&["module", "activate", &good]));
    succeeded(&world.cli(&["module", "activate", digest, "--force-unreadable"]));
    let line = &world.audit("probe")[0];
    let detail = line["detail"].as_str().expect("a detail");
    assert!(
        line["what"] == "activated" && detail.contains("cannot take over probe/a"),
        "{line}"
    );
}
