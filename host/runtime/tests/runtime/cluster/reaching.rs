//! Whom one asks does not matter.

use std::sync::Arc;

use serde_json::json;

use super::fixture::Cluster;
use crate::fixture::{message, parsed, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_silo_reaches_any_actor() {
    let cluster = Cluster::new();
    let silos = cluster.silos(["one", "two", "three"]).await;
    for round in 1..=3 {
        for number in 0..60 {
            let key = format!("a{number}");
            let asked = &silos[(number + round) % 3].probes;
            let view = asked.act(&key, json!([{"note": format!("{round}")}])).await;
            assert_eq!(view["count"], round, "{key}");
        }
    }
    for silo in &silos {
        let stats = silo.probes.silo.stats();
        assert!(stats.actors_in_memory >= 5, "{}: {stats:?}", silo.me());
    }
    let in_memory = silos.iter().map(|s| s.probes.silo.stats().actors_in_memory);
    assert_eq!(in_memory.sum::<usize>(), 60, "each lives once");
    assert_eq!(silos[0].probes.notes("a7").await, ["1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_takes_effect_once_whoever_brings_it() {
    let cluster = Cluster::new();
    let silos = cluster.silos(["one", "two"]).await;
    for silo in silos.iter().cycle().take(6) {
        let mut envelope = silo.probes.acting("a", &json!([{"note": "x"}]));
        envelope.id = message("the same");
        let reply = silo.probes.deliver(envelope).await.expect("an answer");
        assert_eq!(parsed(&reply)["ok"]["count"], 1);
    }
    assert_eq!(silos[0].probes.notes("a").await, ["x"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actors_ask_each_other_across_silos_and_find_their_circle() {
    let cluster = Cluster::new();
    let silos = cluster.silos(["one", "two"]).await;
    let (here, there) = (silos[0].keys(1).remove(0), silos[1].keys(1).remove(0));
    let steps = json!([{"ask": {"key": there, "steps": r#"[{"note":"asked"}]"#}}]);
    silos[1].probes.act(&here, steps).await;
    assert_eq!(silos[0].probes.notes(&there).await, ["asked"]);
    // A chain that comes back over the other silo.
    let back = json!([{"ask": {"key": here, "steps": "[]"}}]).to_string();
    let steps = json!([{"ask": {"key": there, "steps": back}}]);
    silos[0].probes.act(&here, steps).await;
    let notes = silos[0].probes.notes(&there).await.join("\n");
    assert!(notes.contains("come back"), "{notes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_actor_declines_and_what_fails_is_told_across_silos() {
    let cluster = Cluster::new();
    let silos = cluster.silos(["one", "two"]).await;
    let key = silos[1].keys(1).remove(0);
    let asked = &silos[0].probes;
    let declined = asked.try_act(&key, json!([{"decline": "no"}])).await;
    assert_eq!(declined.expect("an answer")["err"], "no");
    let failed = asked.try_act(&key, json!(["trap"])).await;
    assert_eq!(failed.expect_err("a trap").code(), "failed");
    let unknown = asked.deliver(asked.envelope(&key, "fly", &json!([]))).await;
    assert_eq!(
        unknown.expect_err("no such method").code(),
        "unknown-method"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silo_that_joins_under_load_refuses_nothing() {
    let cluster = Arc::new(Cluster::new());
    let one = cluster.silo("one").await;
    let mut load = Vec::new();
    for task in 0..4 {
        let probes = one.probes.clone();
        load.push(tokio::spawn(async move {
            for number in 0..150 {
                let key = format!("{task}-{}", number % 30);
                probes.act(&key, json!([{"note": "x"}])).await;
            }
        }));
    }
    let two = cluster.silo("two").await;
    for task in load {
        task.await.expect("all are answered");
    }
    for task in 0..4 {
        for number in 0..30 {
            let view = two.probes.read(&format!("{task}-{number}"), "read").await;
            assert_eq!(view["count"], 5);
        }
    }
    let has_some = async || !two.keys(1).is_empty() && two.membership.known().view.version > 1;
    assert!(until(has_some).await);
}
