//! Plugins that mean harm: whatever one does, every order is cooked, by the kitchen's own
//! rule if need be, and the kitchen says what was wrong.

use std::io::Write as _;
use std::time::Instant;

use crate::common::{machine, until};
use crate::plugins::kitchen::Kitchen;

const TEMPLATE: &str = include_str!("hostile.wat");
const VETO: &str = "(call $slice (i32.const 0) (i32.const 0))";
const NONE: &str = "(call $none)";

struct Attack {
    name: &'static str,
    order_queue: &'static str,
    estimate_cooking: &'static str,
    choose_chef: &'static str,
    /// What the kitchen says of it; nothing where it may do so.
    failure: Option<&'static str>,
}

const fn on_queue(
    name: &'static str,
    order_queue: &'static str,
    failure: Option<&'static str>,
) -> Attack {
    Attack {
        name,
        order_queue,
        estimate_cooking: NONE,
        choose_chef: NONE,
        failure,
    }
}

const ATTACKS: [Attack; 13] = [
    on_queue("veto", VETO, None),
    on_queue("endless loop", "(loop (br 0)) (unreachable)", Some("cpu: ")),
    on_queue("trap", "(unreachable)", Some("trap: ")),
    on_queue("recursion", "(call $deeper (i32.const 0))", Some("stack: ")),
    on_queue(
        "memory growth",
        "(loop (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable)) (br 0))
         (unreachable)",
        Some("memory: "),
    ),
    on_queue(
        "an order that is not there",
        "(i64.store (i32.const 2048) (i64.const 0x0000000600000010))
         (call $slice (i32.const 2048) (i32.const 1))",
        Some("does not wait"),
    ),
    on_queue(
        "an order twice",
        "(call $twice (local.get $queue))",
        Some("twice"),
    ),
    on_queue(
        "a million entries",
        "(drop (memory.grow (i32.const 122))) (call $slice (i32.const 4096) (i32.const 999000))",
        Some("transfer: "),
    ),
    on_queue(
        "a list that is not in memory",
        "(call $slice (i32.const 4096) (i32.const 0x7fffffff))",
        Some("trap: "),
    ),
    Attack {
        name: "a huge reply",
        order_queue: VETO,
        estimate_cooking: NONE,
        choose_chef: "(drop (memory.grow (i32.const 100)))
            (call $some-text (i32.const 4096) (i32.const 6000000))",
        failure: Some("transfer: "),
    },
    Attack {
        name: "somebody who is no chef",
        order_queue: VETO,
        estimate_cooking: NONE,
        choose_chef: "(call $some-text (i32.const 16) (i32.const 6))",
        failure: Some("not free"),
    },
    Attack {
        name: "delay for ever",
        order_queue: VETO,
        estimate_cooking: "(call $some-number (i64.const -1))",
        choose_chef: NONE,
        failure: Some("four hours"),
    },
    Attack {
        name: "a loop in each function",
        order_queue: "(loop (br 0)) (unreachable)",
        estimate_cooking: "(loop (br 0)) (unreachable)",
        choose_chef: "(loop (br 0)) (unreachable)",
        failure: Some("cpu: "),
    },
];

impl Attack {
    fn component(&self) -> Vec<u8> {
        let text = TEMPLATE
            .replace("ORDER-QUEUE", self.order_queue)
            .replace("ESTIMATE-COOKING", self.estimate_cooking)
            .replace("CHOOSE-CHEF", self.choose_chef);
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

#[test]
fn no_plugin_keeps_an_order_from_being_cooked() {
    let _alone = machine::alone();
    let kitchen = Kitchen::open("6000");
    for attack in &ATTACKS {
        let bound = kitchen.bind(&attack.component());
        assert_eq!(bound.status, 200, "{}: {}", attack.name, bound.text());
        let begun = Instant::now();
        // More than there are chefs, so that some of them wait and are put in order.
        let orders: Vec<String> = (1..=8).map(|n| kitchen.order(n)).collect();
        kitchen.until_ready(&orders);
        let (took, figures, trust) = (begun.elapsed(), kitchen.figures(), kitchen.trust());
        let line = format!(
            "{}: 8 orders in {took:?}, asked {} times, at most {:.1} ms each, {} failed: {}",
            attack.name,
            figures["asked"],
            figures["longestMs"].as_f64().unwrap_or_default(),
            trust["failures"],
            trust["lastFailure"],
        );
        drop(writeln!(std::io::stderr(), "{line}"));
        assert!(figures["asked"].as_u64() > Some(0), "{line}");
        match attack.failure {
            Some(part) => {
                let last = trust["lastFailure"].as_str().unwrap_or_default();
                assert!(last.contains(part), "{line}");
            }
            None => assert_eq!(trust["failures"], 0, "{line}"),
        }
    }
    until("nothing to be left", || {
        let status = kitchen.pizza.get("/api/kitchen/napoli/status").json();
        (status["pending"] == 0 && status["active"] == 0).then_some(())
    });
    let letters = kitchen.admin("GET", "/dead-letters", None).json();
    assert_eq!(letters["deadLetters"], serde_json::json!([]));
}
