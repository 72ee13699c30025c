//! Actors of which nothing is kept: any silo computes for them.

use pizza_runtime::{Placement, Policy};
use pizza_store::LogStore as _;
use pizza_types::{CallError, ShardSet};
use serde_json::{Value, json};

use super::fixture::{Cluster, Member};
use crate::fixture::{World, actor, message, parsed, probe};

const CALLS: u64 = 300;

fn at_random() -> Policy {
    Policy {
        placement: Placement::Random,
        ..Policy::default()
    }
}

fn cluster() -> Cluster {
    let mut cluster = Cluster::new();
    cluster.policy.placement = Placement::Random;
    cluster
}

/// How many turns and queries a silo has run.
fn ran(silo: &Member) -> u64 {
    let deployment = silo.catalog.find("probe").expect("it serves");
    deployment.stats.metrics().turns
}

async fn nothing_is_kept(cluster: &Cluster, silos: &[Member]) {
    assert_eq!(cluster.record("w").await, None);
    let log = cluster.store.log_shards(&ShardSet::ALL).await;
    assert_eq!(log.expect("readable"), []);
    for silo in silos {
        let stats = silo.probes.silo.stats();
        assert_eq!((stats.actors_in_memory, stats.actors_at_work), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_silo_computes_and_nothing_is_kept() {
    let cluster = cluster();
    let silos = cluster.silos(["one", "two", "three"]).await;
    for _ in 0..CALLS {
        let view = silos[0].probes.read("w", "read").await;
        assert_eq!(view, json!({"count": 0, "notes": []}));
    }
    let shares: Vec<u64> = silos.iter().map(ran).collect();
    assert_eq!(shares.iter().sum::<u64>(), CALLS);
    // A third each; a fifth is eight standard deviations away from that.
    assert!(shares.iter().all(|n| *n >= CALLS / 5), "{shares:?}");
    nothing_is_kept(&cluster, &silos).await;
    // Repeats are computed again.
    for _ in 0..3 {
        let mut envelope = silos[0].probes.envelope("w", "read", &json!({}));
        envelope.id = message("the same");
        let reply = silos[0].probes.deliver(envelope).await.expect("an answer");
        assert!(!reply.replayed);
    }
    // Without one of them the others go on, also before anybody has noticed.
    cluster.kill(&silos[1]);
    for _ in 0..30 {
        silos[0].probes.read("w", "read").await;
    }
}

/// What a turn does that wants something to be kept, and how the refusal names it.
const KEPT: [(&str, &str); 6] = [
    (r#"{"note": "x"}"#, "state"),
    (r#"{"row": {"key": "a", "value": "b"}}"#, "entries"),
    (
        r#"{"send": {"key": "other", "steps": "[]", "delayMs": 0}}"#,
        "messages",
    ),
    (
        r#"{"publish": {"stream": "probe-events", "key": "k", "payload": "\"x\""}}"#,
        "events",
    ),
    (
        r#"{"reminder": {"name": "r", "delayMs": 10, "periodMs": null, "missed": "last"}}"#,
        "reminders",
    ),
    (
        r#"{"timer": {"name": "t", "delayMs": 10, "periodMs": null}}"#,
        "timers",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_wants_something_kept_is_refused_and_nothing_of_it_is_done() {
    let mut cluster = cluster();
    // Failures are what is asked for here.
    cluster.policy.breaker.failures_max = 0;
    let silos = cluster.silos(["one", "two"]).await;
    for (step, what) in KEPT {
        let step: Value = serde_json::from_str(step).expect("JSON");
        let refused = silos[0].probes.try_act("w", json!([step])).await;
        let refused = refused.expect_err(what);
        let CallError::Failed { bound, detail } = &refused else {
            panic!("{what}: {refused}");
        };
        assert_eq!(bound, "stateless", "{refused}");
        assert!(detail.contains(what), "{what}: {refused}");
    }
    nothing_is_kept(&cluster, &silos).await;
    assert!(ran(&silos[0]) + ran(&silos[1]) >= 6, "they were run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlines_circles_and_other_modules_are_as_elsewhere() {
    let mut cluster = cluster();
    cluster.policy.breaker.failures_max = 0;
    let silos = cluster.silos(["one", "two"]).await;
    let asked = &silos[0].probes;
    let mut late = asked.envelope("w", "read", &json!({}));
    late.deadline_ms = asked.silo.now_ms() - 1;
    let late = asked.deliver(late).await.expect_err("it is late");
    assert_eq!(late.code(), "deadline");
    let unknown = asked.deliver(asked.envelope("w", "fly", &json!({}))).await;
    assert_eq!(unknown.expect_err("no such").code(), "unknown-method");
    let other = asked.envelope("w", "peek", &json!({"key": "other"}));
    let other = asked.deliver(other).await.expect("an answer");
    assert_eq!(parsed(&other)["ok"]["count"], 0);
    // It would not block, but would go on for ever.
    let itself = asked.envelope("w", "peek", &json!({"key": "w"}));
    let itself = asked.deliver(itself).await.expect("an answer");
    let told = parsed(&itself)["err"].to_string();
    assert!(told.contains("come back"), "{told}");
    // From now on something is kept, on whichever silo.
    for silo in &silos {
        silo.catalog.set(probe().await, Policy::default());
    }
    asked.act("w", json!([{"note": "kept"}])).await;
    assert_eq!(silos[1].probes.notes("w").await, ["kept"]);
}

#[tokio::test]
async fn a_silo_that_is_alone_computes_as_well() {
    let world = World {
        policy: at_random(),
        ..World::default()
    };
    let silo = world.silo("a.1").await;
    assert_eq!(silo.read("w", "read").await["count"], 0);
    let refused = silo.try_act("w", json!([{"note": "x"}])).await;
    assert_eq!(refused.expect_err("a state").code(), "failed");
    let record = world.store.record(&actor("w")).await.expect("readable");
    assert_eq!(record, None);
    assert_eq!(silo.silo.stats().actors_in_memory, 0);
}
