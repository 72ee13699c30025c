//! What leaves commits arrives, whoever guards the shard, and also when that changes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fixture::{Cluster, Member};
use crate::fixture::until;

const STREAM: &str = "probe-events";

fn publish(key: &str, payload: &str) -> Value {
    json!({"publish": {"stream": STREAM, "key": key, "payload": payload}})
}

fn send(key: &str, note: &str) -> Value {
    let steps = json!([{ "note": note }]).to_string();
    json!({"send": {"key": key, "steps": steps, "delayMs": 0}})
}

fn reminder(delay_ms: u64) -> Value {
    json!({"reminder": {
        "name": "r", "delayMs": delay_ms, "periodMs": null, "missed": "last",
    }})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_keep_their_order_when_their_guardian_dies() {
    let cluster = Cluster::new();
    let [one, two, three] = cluster.silos(["one", "two", "three"]).await;
    // Senders whose shards the one that dies guards, and receivers everywhere.
    let senders = two.keys(4);
    let receivers = [one.keys(1).remove(0), three.keys(1).remove(0)];
    for number in 0..40 {
        if number == 20 {
            cluster.kill(&two);
        }
        for sender in &senders {
            let note = format!("{sender} {number:02}");
            let steps = json!([send(&receivers[0], &note), send(&receivers[1], &note)]);
            one.probes.act(sender, steps).await;
        }
    }
    for receiver in &receivers {
        let arrived = async || one.probes.notes(receiver).await.len() >= 160;
        assert!(until(arrived).await);
        let notes = one.probes.notes(receiver).await;
        assert_eq!(notes.len(), 160, "none twice");
        for sender in &senders {
            let of = |note: &&String| note.starts_with(&format!("{sender} "));
            let own: Vec<&String> = notes.iter().filter(of).collect();
            assert!(own.is_sorted() && own.len() == 40, "{own:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_have_no_gap_when_guardians_die_and_reach_their_subscriber_once() {
    let cluster = Cluster::new();
    let [one, two, three] = cluster.silos(["one", "two", "three"]).await;
    let publishers = [one.keys(2), two.keys(2), three.keys(2)].concat();
    for number in 0..30 {
        if number == 15 {
            cluster.kill(&two);
        }
        for publisher in &publishers {
            let payload = format!("{publisher} {number:02}");
            one.probes
                .act(publisher, json!([publish("s", &payload)]))
                .await;
        }
    }
    let heard = async || one.probes.notes("s").await.len() >= 180;
    assert!(until(heard).await, "{}", one.probes.notes("s").await.len());
    let notes = three.probes.notes("s").await;
    let events = one.probes.silo.events(STREAM, "s", 0, 1_000).await;
    let events = events.expect("readable");
    assert_eq!((notes.len(), events.len()), (180, 180), "each once");
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, position, "no gap");
    }
    for publisher in &publishers {
        let of = |note: &&String| note.contains(&format!("{publisher} "));
        let own: Vec<&str> = notes.iter().filter(of).map(|n| &n[n.len() - 3..]).collect();
        assert!(own.is_sorted() && own.len() == 30, "{publisher}: {own:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reminders_of_a_dead_silo_fire_elsewhere_never_early_and_once() {
    let cluster = Cluster::new();
    let [one, two] = cluster.silos(["one", "two"]).await;
    let keys = two.keys(30);
    let set = Instant::now();
    for key in &keys {
        two.probes.act(key, json!([reminder(2_500)])).await;
    }
    cluster.kill(&two);
    let fired = async |key: &String| {
        let notes = one.probes.notes(key).await;
        notes
            .iter()
            .filter(|note| note.starts_with("reminder r"))
            .count()
    };
    for key in &keys {
        let is_early = fired(key).await > 0 && set.elapsed() < Duration::from_millis(2_500);
        assert!(!is_early, "{key}");
    }
    for key in &keys {
        assert!(until(async || fired(key).await > 0).await, "{key}");
    }
    assert!(set.elapsed() >= Duration::from_millis(2_500));
    for key in &keys {
        assert_eq!(fired(key).await, 1, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_actor_sets_away_from_home_is_guarded_at_home() {
    let cluster = Cluster {
        moves_per_second: 0,
        ..Cluster::new()
    };
    let one = cluster.silo("one").await;
    // Actors that live on the first silo, and whose shards the second one will guard.
    let keys: Vec<String> = (0..40).map(|n| format!("k{n}")).collect();
    for key in &keys {
        one.probes.act(key, json!([])).await;
    }
    let two = cluster.silo("two").await;
    let knows = async || one.knows(2);
    assert!(until(knows).await);
    let away: Vec<String> = two.keys(10);
    assert!(away.iter().all(|key| keys.contains(key)), "{away:?}");
    for key in &away {
        let later = json!({"send": {"key": "later", "steps": json!([{"note": key}]).to_string(), "delayMs": 300}});
        let steps = json!([send("now", key), later, reminder(300), publish("s", key)]);
        one.probes.act(key, steps).await;
    }
    for receiver in ["now", "later", "s"] {
        let arrived = async || two.probes.notes(receiver).await.len() >= 10;
        assert!(until(arrived).await, "{receiver}");
        assert_eq!(two.probes.notes(receiver).await.len(), 10, "{receiver}");
    }
    for key in &away {
        let fired = async || one.probes.notes(key).await.len() == 1;
        assert!(until(fired).await, "{key}");
        let (_, owner) = cluster.record(key).await.expect("a record");
        assert_eq!(owner, *one.me(), "it never moved");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_watched_from_any_silo_and_when_its_guardian_dies() {
    let cluster = Cluster::new();
    let [one, two, three] = cluster.silos(["one", "two", "three"]).await;
    let guards_s = |member: &&Member| {
        let of = pizza_store::StreamKey {
            stream: STREAM.into(),
            key: "s".into(),
        };
        member.membership.guards(of.shard())
    };
    let members = [&one, &two, &three];
    let guardian = *members.iter().find(|m| guards_s(m)).expect("a guardian");
    let others: Vec<&&Member> = members.iter().filter(|m| m.me() != guardian.me()).collect();
    let watcher = others[0].probes.silo.clone();
    let publisher = others[1].keys(1).remove(0);
    let mut latest = Vec::new();
    for number in 0..40_u64 {
        if number == 20 {
            cluster.kill(guardian);
        }
        let silo = watcher.clone();
        let watching = tokio::spawn(async move {
            // It may return early, so it is asked again until there is one.
            while silo.newest_event(STREAM, "s").await.expect("readable") <= number {
                silo.event_after(STREAM, "s", number).await;
            }
            Instant::now()
        });
        others[1]
            .probes
            .act(&publisher, json!([publish("s", "x")]))
            .await;
        let committed = Instant::now();
        let seen = watching.await.expect("seen");
        latest.push(seen.saturating_duration_since(committed));
    }
    let quiet = &latest[..20];
    let longest = quiet.iter().max().expect("some");
    assert!(*longest < Duration::from_millis(250), "{quiet:?}");
    assert!(
        latest[20..]
            .iter()
            .all(|took| *took < Duration::from_millis(2_500)),
        "{latest:?}"
    );
}
