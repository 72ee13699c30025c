//! What is not taken, and what is taken but must not serve.

use crate::common::operator::{complained, succeeded};
use crate::modules::fixture::{World, bundled, only};

#[test]
fn a_swap_that_would_break_a_caller_is_refused_and_cannot_be_forced() {
    let world = World::new(&["--speed", "600"]);
    let first = world.current("order");
    let file = world.file("order.wasm", &only("pizzeria:order/order@0.1.0", "touch"));
    let pushed = world.json(&["module", "push", &file, "--type", "order"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    for words in [
        &["module", "activate", digest][..],
        &["module", "activate", digest, "--force"],
    ] {
        let refusal = complained(&world.cli(words));
        for words in [
            "break a caller",
            "chef calls",
            "order-client",
            "update-status",
            "no such method",
        ] {
            assert!(refusal.contains(words), "{words:?} is not in {refusal}");
        }
    }
    assert_eq!(world.current("order"), first);
    let order = world.pizza.order();
    world.expect_status(&order, "ready");
    let line = &world.audit("order")[0];
    assert_eq!(line["what"], "refused");
}

#[test]
fn what_others_may_rely_on_changes_only_when_an_operator_says_so() {
    let world = World::new(&[]);
    let one = world.file("one.wasm", &only("lone:lone/lone", "touch"));
    let other = world.file("other.wasm", &only("lone:lone/lone", "turn"));
    let before = world.activate(&one, "lone");
    let called = world.cli(&["actor", "call", "lone/a", "touch"]);
    succeeded(&called);
    let pushed = world.json(&["module", "push", &other, "--type", "lone"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    let diff = succeeded(&world.cli(&["module", "diff", &before, digest]));
    assert!(diff.contains("! lone.touch: it is gone"), "{diff}");
    assert!(diff.contains("  lone.turn: it is new"), "{diff}");
    let refusal = complained(&world.cli(&["module", "activate", digest]));
    assert!(
        refusal.contains("--force") && refusal.contains("lone.touch"),
        "{refusal}"
    );
    succeeded(&world.cli(&["module", "activate", digest, "--force"]));
    succeeded(&world.cli(&["actor", "call", "lone/a", "turn"]));
    assert!(complained(&world.cli(&["actor", "call", "lone/a", "touch"])).contains("touch"));
}

/// A component whose `touch` takes a value of this type, which is of these core types.
fn taking(ty: &str, core: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m (func (export "f") (param {core})))
            (core instance $i (instantiate $m))
            (func $f (param "a" {ty}) (canon lift (core func $i "f")))
            (instance $e (export "touch" (func $f)))
            (export "lone:lone/lone" (instance $e)))"#
    );
    wat::parse_str(text).expect("a component")
}

#[test]
fn a_contract_may_grow_by_what_may_be_absent() {
    let world = World::new(&[]);
    let one = world.file("one.wasm", &only("lone:lone/lone", "touch"));
    let before = world.activate(&one, "lone");
    let needs = world.file("needs.wasm", &taking("u32", "i32"));
    let pushed = world.json(&["module", "push", &needs, "--type", "lone"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    let refusal = complained(&world.cli(&["module", "activate", digest]));
    assert!(refusal.contains("--force"), "{refusal}");
    let grown = world.file("grown.wasm", &taking("(option u32)", "i32 i32"));
    let pushed = world.json(&["module", "push", &grown, "--type", "lone"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    let diff = succeeded(&world.cli(&["module", "diff", &before, digest]));
    let line = "  lone.touch: touch(a): the parameter is not expected";
    assert!(diff.contains(line), "{diff}");
    succeeded(&world.cli(&["module", "activate", digest]));
    succeeded(&world.cli(&["actor", "call", "lone/a", "touch"]));
    succeeded(&world.cli(&["actor", "call", "lone/a", "touch", r#"{"a": 7}"#]));
}

/// Name, component, the stage that refuses it, and words of the refusal.
type Refused = (&'static str, Vec<u8>, &'static str, &'static str);

fn refused(component: &[u8]) -> Vec<Refused> {
    let timers = wat::parse_str(
        r#"(component
            (import "silo:actor/timers@0.1.0" (instance $t
                (export "cancel" (func (param "name" string)))))
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e (export "touch" (func $f)))
            (export "lone:lone/lone" (instance $e)))"#,
    )
    .expect("a component");
    let traps = wat::parse_str(
        r#"(component
            (core module $m (func $s unreachable) (start $s) (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e (export "touch" (func $f)))
            (export "lone:lone/lone" (instance $e)))"#,
    )
    .expect("a component");
    let invalid = wat::parse_str(
        r#"(component
            (core module (func (result i32)))
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e (export "touch" (func $f)))
            (export "lone:lone/lone" (instance $e)))"#,
    );
    assert!(invalid.is_ok(), "its text is fine, its code is not");
    vec![
        (
            "random",
            b"\x13\x37 no wasm".to_vec(),
            "verify",
            "no WebAssembly",
        ),
        (
            "core",
            wat::parse_str("(module)").expect("a module"),
            "verify",
            "a core module",
        ),
        (
            "cut",
            component[..component.len() / 2].to_vec(),
            "",
            "unexpected",
        ),
        (
            "elf",
            b"\x7fELF\x02\x01\x01".to_vec(),
            "verify",
            "precompiled",
        ),
        (
            "timers",
            timers,
            "inspect",
            "silo:actor/timers@0.1.0 is not granted: its manifest has to ask for \"timers\": true",
        ),
        ("start", traps, "warm", "first instance cannot start"),
        (
            "invalid",
            invalid.expect("bytes"),
            "compile",
            "type mismatch",
        ),
    ]
}

#[test]
fn each_stage_says_what_it_refuses() {
    let world = World::new(&[]);
    let component = bundled("order");
    for (name, bytes, stage, words) in refused(&component) {
        let file = world.file(name, &bytes);
        let refusal = complained(&world.cli(&["module", "push", &file, "--type", "lone"]));
        assert!(
            refusal.contains(&format!("refused at {stage}")),
            "{name}: {refusal}"
        );
        assert!(refusal.contains(words), "{name}: {refusal}");
    }
    // Of another type than it is kept for: what to type instead is in the refusal.
    let file = world.file("kept", &component);
    succeeded(&world.cli(&["module", "push", &file, "--type", "order"]));
    let other = complained(&world.cli(&["module", "push", &file, "--type", "lone"]));
    assert!(other.contains("push it with --type order"), "{other}");
    for name in ["", "../x", "a b", "Order"] {
        let file = world.file("order", &component);
        let refused = world.cli(&["module", "push", &file, "--type", name]);
        assert!(!refused.status.success(), "{name:?}");
    }
    let unknown = complained(&world.cli(&["module", "activate", "0123456789ab"]));
    assert!(
        unknown.contains("no module 0123456789ab; `pizza module list`"),
        "{unknown}"
    );
    let modules = world.json(&["module", "list"]);
    assert_eq!(
        modules["modules"].as_array().map(Vec::len),
        Some(9),
        "nothing else was kept"
    );
}
