//! Swaps while orders are made.

use crate::common::operator::{complained, succeeded};
use crate::modules::fixture::{World, bundled, marked};

#[test]
fn a_module_serves_when_it_is_activated_and_can_be_taken_back() {
    let world = World::new(&["--speed", "600"]);
    let first = world.current("order");
    let before = world.pizza.order();
    let file = world.file("order.wasm", &marked(&bundled("order"), 1));

    let pushed = world.json(&["module", "push", &file, "--type", "order"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    let steps = pushed["steps"].as_array().expect("steps").iter();
    let stages: Vec<_> = steps
        .map(|step| step["stage"].as_str().expect("a stage"))
        .collect();
    assert_eq!(
        stages,
        ["verify", "inspect", "compile", "warm", "check", "keep"]
    );
    assert_eq!(pushed["changes"], serde_json::json!([]), "the same code");
    assert_eq!(
        world.current("order"),
        first,
        "pushing alone changes nothing"
    );

    succeeded(&world.cli(&["module", "activate", &digest[..12]]));
    assert_eq!(world.current("order"), digest);
    let during = world.pizza.order();
    world.expect_status(&before, "ready");
    world.expect_status(&during, "ready");
    let actor = world.json(&["actor", "get", &format!("order/{during}")]);
    assert_eq!(actor["module"], digest);

    succeeded(&world.cli(&["module", "rollback", "order"]));
    assert_eq!(world.current("order"), first);
    let lines = world.audit("order");
    let whats: Vec<_> = lines
        .iter()
        .map(|line| line["what"].as_str().expect("words"))
        .collect();
    assert_eq!(whats, ["rolled-back", "activated", "pushed", "activated"]);
    let nothing = complained(&world.cli(&["module", "rollback", "order"]));
    assert!(nothing.contains("nothing to go back to"), "{nothing}");
}

const TYPES: [&str; 5] = ["order", "kitchen", "chef", "inventory", "restaurant"];

/// Timers, reminders, streams and queued messages: all of them are on the way to `ready`.
#[test]
fn everything_under_way_survives_swaps_of_every_module() {
    survives_swaps(World::new(&["--speed", "240"]));
}

/// The same where no turn is handed over in one call.
#[test]
fn everything_under_way_survives_them_by_the_exports_of_contracts() {
    let config = TYPES.map(|of| format!("[silo.types.{of}]\nwhole_turns = false\n"));
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("pizza.toml");
    std::fs::write(&file, config.concat()).expect("a file");
    let config = file.display().to_string();
    survives_swaps(World::new(&["--speed", "240", "--config", &config]));
}

fn survives_swaps(world: World) {
    let orders: Vec<String> = (0..12).map(|_| world.pizza.order()).collect();
    for round in 1..=3 {
        for actor_type in TYPES {
            let wasm = marked(&bundled(actor_type), round);
            let file = world.file(&format!("{actor_type}.wasm"), &wasm);
            let digest = world.activate(&file, actor_type);
            assert_eq!(world.current(actor_type), digest);
        }
    }
    for order in &orders {
        world.expect_status(order, "ready");
    }
}

#[test]
fn what_was_activated_serves_after_a_crash() {
    let world = World::new(&["--speed", "600"]);
    let file = world.file("chef.wasm", &marked(&bundled("chef"), 7));
    let digest = world.activate(&file, "chef");
    let order = world.pizza.order();
    let world = world.restart(&["--speed", "600"]);
    assert_eq!(world.current("chef"), digest);
    world.expect_status(&order, "ready");
    succeeded(&world.cli(&["module", "rollback", "chef"]));
    assert_ne!(world.current("chef"), digest);
}
