//! What is forgotten.

use super::fixture::{
    AnyStore, NOW_MS, actor, commit, event, events, handled, message, relay, taken,
};
use crate::commit::{Commit, Handled};
use crate::reply::StoredReply;
use crate::retention::{Keep, Retention};
use pizza_types::ShardSet;

fn everything() -> Retention {
    Retention::usual(Keep::EVERYTHING)
}

fn nothing() -> Retention {
    Retention::usual(Keep {
        ms: 0,
        ..Keep::EVERYTHING
    })
}

/// A dedupe record that may go at a time.
fn until(name: &str, expires_at_ms: u64) -> Handled {
    let Handled { id, reply } = handled(name, "answer");
    let reply = StoredReply {
        expires_at_ms,
        ..reply
    };
    Handled { id, reply }
}

pub async fn expired_replies_are_forgotten(store: AnyStore) {
    let id = actor("a");
    for version in 0..10 {
        let commit = Commit {
            handled: Some(until(&version.to_string(), NOW_MS + version)),
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let gone = store
        .expire(&ShardSet::ALL, NOW_MS + 4, &everything(), 1000)
        .await
        .expect("swept");
    assert_eq!(gone, 5);
    for version in 0..10 {
        let reply = store.handled(&id, message(&version.to_string())).await;
        assert_eq!(reply.expect("readable").is_some(), version > 4);
    }
    assert_eq!(
        store
            .expire(&ShardSet::ALL, NOW_MS + 4, &everything(), 1000)
            .await,
        Ok(0)
    );
}

/// A silo of many sweeps what it guards, and in the worst case that is one shard.
pub async fn what_has_expired_goes_with_its_shard(store: AnyStore) {
    let ids = ["a", "b", "c"].map(actor);
    for id in &ids {
        let commit = Commit {
            handled: Some(until("once", NOW_MS)),
            ..commit(id, 1, 0)
        };
        taken(&store, commit).await;
    }
    for id in &ids {
        let shard = ShardSet::one(id.shard());
        let swept = store.expire(&shard, NOW_MS, &everything(), 1000).await;
        swept.expect("swept");
        let reply = store.handled(id, message("once")).await;
        assert_eq!(reply.expect("readable"), None, "{id}");
    }
}

pub async fn old_events_are_forgotten_but_the_newest(store: AnyStore) {
    let id = actor("a");
    for version in 0..10 {
        let commit = Commit {
            now_ms: NOW_MS + version,
            leaving: events(vec![
                event("stream", "busy", "x"),
                event("stream", "busy", "y"),
            ]),
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let once = Commit {
        leaving: events(vec![event("stream", "quiet", "x")]),
        ..commit(&id, 1, 10)
    };
    taken(&store, once).await;

    let positions = async |key| {
        let told = store.events("stream", key, 0, 100).await.expect("readable");
        told.iter().map(|e| e.position).collect::<Vec<_>>()
    };
    assert_eq!(
        store
            .expire(&ShardSet::ALL, NOW_MS + 4, &nothing(), 1000)
            .await,
        Ok(10)
    );
    assert_eq!(positions("busy").await, (11..=20).collect::<Vec<_>>());
    assert_eq!(
        store
            .expire(&ShardSet::ALL, u64::MAX, &nothing(), 1000)
            .await,
        Ok(9)
    );
    assert_eq!(positions("busy").await, [20]);
    assert_eq!(positions("quiet").await, [1]);
    assert_eq!(store.stream_head("stream", "busy").await, Ok(20));
    let next = Commit {
        leaving: events(vec![event("stream", "busy", "z")]),
        ..commit(&id, 1, 11)
    };
    taken(&store, next).await;
    assert_eq!(positions("busy").await, [20, 21]);
}

pub async fn a_silent_key_is_forgotten_unless_somebody_subscribes(store: AnyStore) {
    let id = actor("a");
    for version in 0..4 {
        let at_ms = if version < 3 { NOW_MS } else { NOW_MS + 100 };
        let mut told = vec![event("stream", "loud", "x"), event("heard", "quiet", "x")];
        if version < 3 {
            told.push(event("stream", "quiet", "x"));
        }
        let commit = Commit {
            now_ms: at_ms,
            leaving: events(told),
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    relay(&store).await;
    // What has arrived has left the log long before its stream falls silent.
    for shard in store.log_shards(&ShardSet::ALL).await.expect("readable") {
        let entries = store.log(shard, 0, usize::MAX).await.expect("readable");
        let keys = entries.iter().map(|entry| entry.key).collect();
        store.log_done(keys).await.expect("done");
    }
    let mut retention = Retention::usual(Keep {
        ms: 50,
        silent_ms: 100,
        ..Keep::EVERYTHING
    });
    let subscribers = vec!["subscriber".into()];
    retention.subscribers.insert("heard".into(), subscribers);
    let expire = async |now_ms| {
        let all = &ShardSet::ALL;
        store.expire(all, now_ms, &retention, 1000).await
    };
    let head = async |stream, key| {
        let head = store.stream_head(stream, key).await;
        head.expect("readable")
    };
    assert_eq!(expire(NOW_MS + 99).await, Ok(5));
    assert_eq!(head("stream", "quiet").await, 3);
    assert_eq!(expire(NOW_MS + 100).await, Ok(1));
    assert_eq!(head("stream", "quiet").await, 0);
    assert_eq!(head("stream", "loud").await, 4);
    let heads = store
        .stream_heads(&ShardSet::ALL, "stream")
        .await
        .expect("readable");
    assert_eq!(heads, [("loud".into(), 4)]);
    // Long after, only the one that an actor type hears is left.
    assert_eq!(expire(NOW_MS + 200).await, Ok(1));
    assert_eq!(head("stream", "loud").await, 0);
    assert_eq!(head("heard", "quiet").await, 4);
    let next = Commit {
        leaving: events(vec![event("stream", "quiet", "anew")]),
        ..commit(&id, 1, 4)
    };
    taken(&store, next).await;
    relay(&store).await;
    let told = store.events("stream", "quiet", 0, 10).await;
    let told = told.expect("readable");
    let told: Vec<_> = told.iter().map(|e| (e.position, &*e.payload)).collect();
    assert_eq!(told, [(1, b"anew".as_slice())]);
}

pub async fn events_are_kept_by_number_and_until_they_are_handled(store: AnyStore) {
    let id = actor("a");
    for version in 0..10 {
        let told = ["few", "many", "read"].map(|stream| event(stream, "key", "x"));
        let commit = Commit {
            leaving: events(told.to_vec()),
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let oldest = async |stream| {
        let told = store.events(stream, "key", 0, 1).await.expect("readable");
        told.first().map(|event| event.position)
    };
    let three = Keep {
        events: 3,
        ..Keep::EVERYTHING
    };
    let mut retention = everything();
    retention.streams.insert("few".into(), three);
    retention.streams.insert("read".into(), three);
    let subscribers = vec!["quick".into(), "slow".into()];
    retention.subscribers.insert("read".into(), subscribers);
    let moved = store.set_cursor("quick", "read", "key", 10).await;
    moved.expect("moved");
    assert_eq!(
        store.expire(&ShardSet::ALL, NOW_MS, &retention, 1000).await,
        Ok(7)
    );
    assert_eq!(oldest("few").await, Some(8));
    assert_eq!(oldest("many").await, Some(1));
    assert_eq!(oldest("read").await, Some(1), "one has had none of it");
    let moved = store.set_cursor("slow", "read", "key", 4).await;
    moved.expect("moved");
    assert_eq!(
        store.expire(&ShardSet::ALL, NOW_MS, &retention, 1000).await,
        Ok(4)
    );
    assert_eq!(oldest("read").await, Some(5));
}

pub async fn a_bounded_sweep_gets_everywhere(store: AnyStore) {
    for number in 0..20 {
        let id = actor(&format!("actor-{number}"));
        // Every second one stays for ever: a sweep must not stop at these.
        let expires_at_ms = if number % 2 == 0 { NOW_MS } else { u64::MAX };
        let commit = Commit {
            handled: Some(until("message", expires_at_ms)),
            leaving: events(vec![event("stream", id.key(), "x"); 3]),
            ..commit(&id, 1, 0)
        };
        taken(&store, commit).await;
    }
    let mut gone = 0;
    for _ in 0..100 {
        let swept = store.expire(&ShardSet::ALL, NOW_MS, &nothing(), 3).await;
        gone += swept.expect("swept");
    }
    assert_eq!(gone, 10 + 40);
}
