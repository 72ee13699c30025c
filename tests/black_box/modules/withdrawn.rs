//! A version that is not to come back.

use crate::common::operator::{complained, succeeded};
use crate::modules::fixture::{World, bundled, marked};

#[test]
fn what_was_withdrawn_does_not_serve_again_unless_that_is_said() {
    let world = World::new(&[]);
    let first = world.current("order");
    let file = |mark| world.file(&format!("{mark}.wasm"), &marked(&bundled("order"), mark));
    let bad = world.activate(&file(1), "order");

    let serves = complained(&world.cli(&["module", "withdraw", &bad, "--why", "it leaks"]));
    assert!(serves.contains("serves now"), "{serves}");
    let good = world.activate(&file(2), "order");
    succeeded(&world.cli(&["module", "withdraw", &bad, "--why", "it leaks"]));

    let refused = complained(&world.cli(&["module", "activate", &bad]));
    let says = refused.contains("it leaks") && refused.contains("--allow-withdrawn");
    assert!(says, "{refused}");
    let canary = complained(&world.cli(&["module", "canary", &bad, "10"]));
    assert!(canary.contains("withdrawn by operator"), "{canary}");
    // Nor when somebody brings it once more.
    let words = ["module", "push", &file(1), "--type", "order", "--activate"];
    assert!(complained(&world.cli(&words)).contains("was withdrawn"));
    assert_eq!(world.current("order"), good);

    // The way back goes past it; and it stays withdrawn over a restart.
    let world = world.restart(&[]);
    succeeded(&world.cli(&["module", "rollback", "order"]));
    assert_eq!(world.current("order"), first);
    assert!(complained(&world.cli(&["module", "activate", &bad])).contains("it leaks"));
    succeeded(&world.cli(&["module", "activate", &bad, "--allow-withdrawn"]));
    assert_eq!(world.current("order"), bad);
    world.pizza.order();

    succeeded(&world.cli(&["module", "rollback", "order"]));
    succeeded(&world.cli(&["module", "withdraw", &bad, "--undo"]));
    succeeded(&world.cli(&["module", "activate", &bad]));
    let lines = world.audit("order");
    let of_it = lines
        .iter()
        .rev()
        .filter(|line| line["digest"] == bad.as_str());
    let what: Vec<&str> = of_it.filter_map(|line| line["what"].as_str()).collect();
    let expected = [
        "pushed",
        "activated",
        "withdrawn",
        "refused",
        "refused",
        "pushed",
        "refused",
        "refused",
        "activated",
        "rolled-back",
        "restored",
        "activated",
    ];
    assert_eq!(what, expected, "{lines:?}");
}
