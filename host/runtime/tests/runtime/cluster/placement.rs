//! Which silo opens an actor, by the placement of its type.

use pizza_runtime::{Placement, Presence};
use pizza_store::{MemberState, MembershipStore as _};
use serde_json::json;

use super::fixture::{Cluster, Member};
use crate::fixture::{actor, until};

const ACTORS: usize = 12;

fn keys() -> Vec<String> {
    (0..ACTORS).map(|n| format!("k{n}")).collect()
}

fn placed(placement: Placement) -> Cluster {
    let mut cluster = Cluster::new();
    cluster.policy.placement = placement;
    cluster
}

fn fixed(label: &str, otherwise: Option<Placement>) -> Placement {
    let (label, otherwise) = (label.into(), otherwise.map(Box::new));
    Placement::Fixed { label, otherwise }
}

async fn is_on(cluster: &Cluster, key: &str, silo: &Member) -> bool {
    let record = cluster.record(key).await;
    record.is_some_and(|(_, owner)| owner == *silo.me())
}

async fn know(silos: &[&Member], count: usize) {
    let all = async || silos.iter().all(|silo| silo.knows(count));
    assert!(until(all).await, "all know of {count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_that_prefers_to_be_local_is_where_it_was_first_asked_for() {
    let cluster = placed(Placement::PreferLocal);
    let silos = cluster.silos(["one", "two", "three"]).await;
    let at_home = |key: &String, at: usize| silos[at].keys(ACTORS).contains(key);
    let away = keys().iter().filter(|key| !at_home(key, 1)).count();
    assert!(away > ACTORS / 3, "by hash they would be elsewhere: {away}");
    for key in keys() {
        silos[1].probes.act(&key, json!([{"note": "first"}])).await;
        assert!(is_on(&cluster, &key, &silos[1]).await, "{key}");
    }
    // Whoever asks later finds it there, in memory or not.
    for key in keys() {
        silos[2].probes.act(&key, json!([{"note": "then"}])).await;
        let leaves_memory = async || {
            let was = silos[1].probes.silo.deactivate(&actor(&key)).await;
            was == Ok(Presence::AtRest)
        };
        assert!(until(leaves_memory).await, "{key}");
        silos[0].probes.act(&key, json!([{"note": "last"}])).await;
        assert!(is_on(&cluster, &key, &silos[1]).await, "{key}");
        let notes = silos[0].probes.notes(&key).await;
        assert_eq!(notes, ["first", "then", "last"], "{key}");
    }
    // None of them is in the wrong place, unless its silo leaves.
    let loads = silos[0].probes.silo.loads().await;
    assert!(
        loads
            .iter()
            .all(|(_, l)| l.is_some_and(|l| l.misplaced == 0))
    );
    let me = silos[1].me();
    let marked = silos[0]
        .probes
        .silo
        .mark(&*cluster.store, me, MemberState::Leaving);
    marked.await.expect("the view is changed");
    for key in keys() {
        let has_left = async || {
            silos[0].probes.act(&key, json!([])).await;
            !is_on(&cluster, &key, &silos[1]).await
        };
        assert!(until(has_left).await, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_that_is_fixed_is_on_a_silo_with_its_label() {
    let cluster = placed(fixed("disk", None));
    let one = cluster.silo("one").await;
    let refused = one.probes.try_act("k0", json!([])).await;
    let refused = refused.expect_err("there is no disk");
    assert_eq!(refused.code(), "unreachable");
    let told = refused.to_string();
    assert!(
        told.contains("\"disk\"") && told.contains("\"probe\""),
        "{told}"
    );
    let two = cluster.labelled("two", &["disk", "fast"]).await;
    know(&[&one, &two], 2).await;
    for key in keys() {
        one.probes.act(&key, json!([{"note": "first"}])).await;
        assert!(is_on(&cluster, &key, &two).await, "{key}");
    }
    cluster.kill(&two);
    know(&[&one], 1).await;
    for key in keys() {
        let refused = one.probes.try_act(&key, json!([])).await;
        assert_eq!(refused.expect_err("it is gone").code(), "unreachable");
    }
    let three = cluster.labelled("three", &["disk"]).await;
    know(&[&one, &three], 2).await;
    for key in keys() {
        assert_eq!(one.probes.notes(&key).await, ["first"], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_choice_counts_until_a_silo_with_the_label_has_joined() {
    let cluster = placed(fixed("disk", Some(Placement::Hash)));
    let [one, two] = cluster.silos(["one", "two"]).await;
    let of_two = two.keys(3);
    assert!(of_two.iter().all(|key| keys().contains(key)), "{of_two:?}");
    for key in &keys() {
        one.probes.act(key, json!([{"note": "before"}])).await;
    }
    for key in &of_two {
        assert!(
            is_on(&cluster, key, &two).await,
            "{key} is where hashing sends it"
        );
    }
    let three = cluster.labelled("three", &["disk"]).await;
    know(&[&one, &two, &three], 3).await;
    for key in &keys() {
        let has_moved = async || {
            one.probes.act(key, json!([])).await;
            is_on(&cluster, key, &three).await
        };
        assert!(until(has_moved).await, "{key}");
        assert_eq!(two.probes.notes(key).await, ["before"], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silo_puts_back_the_labels_that_one_of_before_has_dropped() {
    let cluster = placed(fixed("disk", None));
    let one = cluster.silo("one").await;
    let two = cluster.labelled("two", &["disk"]).await;
    know(&[&one, &two], 2).await;
    // What a silo without labels makes of the view when it changes anything in it.
    let view = cluster.store.view().await.expect("readable");
    let dropped = view.next(|view| {
        for member in view.members.values_mut() {
            member.labels.clear();
        }
    });
    assert_eq!(
        cluster.store.change_view(view.version, &dropped).await,
        Ok(true)
    );
    let is_back = async || {
        let view = cluster.store.view().await.expect("readable");
        view.version > dropped.version && view.members[two.me()].labels.contains("disk")
    };
    assert!(until(is_back).await);
    let serves = async || one.probes.try_act("k0", json!([])).await.is_ok();
    assert!(until(serves).await);
}
