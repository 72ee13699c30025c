//! Named facts, and what is forgotten.

use super::fixture::{
    AnyStore, NOW_MS, actor, bytes, claim, commit, event, handled, message, taken,
};
use crate::commit::{Commit, Handled};
use crate::retention::{Keep, Retention};

fn everything() -> Retention {
    Retention::usual(Keep::EVERYTHING)
}

fn nothing() -> Retention {
    Retention::usual(Keep {
        ms: 0,
        ..Keep::EVERYTHING
    })
}

pub async fn facts_are_kept(store: AnyStore) {
    assert_eq!(store.meta("name").await, Ok(None));
    for value in ["one", "", "two"] {
        store.set_meta("name", bytes(value)).await.expect("noted");
        assert_eq!(store.meta("name").await, Ok(Some(bytes(value))));
    }
    assert_eq!(store.meta("name2").await, Ok(None));
    assert_eq!(store.meta("").await, Ok(None));
}

pub async fn facts_are_listed_by_prefix_and_go(store: AnyStore) {
    for name in ["a", "b/1", "b/2", "b/3", "b\u{0}", "c"] {
        store.set_meta(name, bytes(name)).await.expect("noted");
    }
    let list = async |prefix, after, limit| {
        let facts = store.metas(prefix, after, limit).await.expect("read");
        for (name, value) in &facts {
            assert_eq!(*value, bytes(name));
        }
        facts.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(list("b/", None, 9).await, ["b/1", "b/2", "b/3"]);
    assert_eq!(list("b/", None, 2).await, ["b/1", "b/2"]);
    assert_eq!(list("b/", Some("b/2"), 9).await, ["b/3"]);
    assert_eq!(list("b", None, 1).await, ["b\u{0}"]);
    assert_eq!(list("", None, 9).await.len(), 6);
    assert!(list("d", None, 9).await.is_empty());
    store.remove_meta("b/2").await.expect("gone");
    store.remove_meta("b/7").await.expect("nothing to do");
    assert_eq!(list("b/", None, 9).await, ["b/1", "b/3"]);
}

pub async fn facts_change_together(store: AnyStore) {
    let change = |name: &str, value: Option<&str>| (name.to_owned(), value.map(bytes));
    let first = vec![
        change("a", Some("1")),
        change("b", Some("1")),
        change("b", Some("2")),
    ];
    store.change_metas(first).await.expect("noted");
    assert_eq!(store.meta("a").await, Ok(Some(bytes("1"))));
    assert_eq!(store.meta("b").await, Ok(Some(bytes("2"))));
    let second = vec![
        change("a", None),
        change("b", Some("3")),
        change("never", None),
    ];
    store.change_metas(second).await.expect("noted");
    assert_eq!(store.meta("a").await, Ok(None));
    assert_eq!(store.meta("b").await, Ok(Some(bytes("3"))));
    store.change_metas(Vec::new()).await.expect("nothing to do");
}

pub async fn expired_replies_are_forgotten(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    for version in 0..10 {
        let handled = Handled {
            expires_at_ms: NOW_MS + version,
            ..handled(&version.to_string(), "answer")
        };
        let commit = Commit {
            handled: Some(handled),
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let gone = store
        .expire(NOW_MS + 4, &everything(), 1000)
        .await
        .expect("swept");
    assert_eq!(gone, 5);
    for version in 0..10 {
        let reply = store.handled(&id, message(&version.to_string())).await;
        assert_eq!(reply.expect("readable").is_some(), version > 4);
    }
    assert_eq!(store.expire(NOW_MS + 4, &everything(), 1000).await, Ok(0));
}

pub async fn old_events_are_forgotten_but_the_newest(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    for version in 0..10 {
        let commit = Commit {
            now_ms: NOW_MS + version,
            events: vec![event("stream", "busy", "x"), event("stream", "busy", "y")],
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let once = Commit {
        events: vec![event("stream", "quiet", "x")],
        ..commit(&id, 1, 10)
    };
    taken(&store, once).await;

    let positions = async |key| {
        let events = store.events("stream", key, 0, 100).await.expect("readable");
        events.iter().map(|e| e.position).collect::<Vec<_>>()
    };
    assert_eq!(store.expire(NOW_MS + 4, &nothing(), 1000).await, Ok(10));
    assert_eq!(positions("busy").await, (11..=20).collect::<Vec<_>>());
    assert_eq!(store.expire(u64::MAX, &nothing(), 1000).await, Ok(9));
    assert_eq!(positions("busy").await, [20]);
    assert_eq!(positions("quiet").await, [1]);
    assert_eq!(store.stream_head("stream", "busy").await, Ok(20));
    let next = Commit {
        events: vec![event("stream", "busy", "z")],
        ..commit(&id, 1, 11)
    };
    assert_eq!(taken(&store, next).await.positions, [21]);
}

pub async fn events_are_kept_by_number_and_until_they_are_handled(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    for version in 0..10 {
        let events = ["few", "many", "read"].map(|stream| event(stream, "key", "x"));
        let commit = Commit {
            events: events.to_vec(),
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let oldest = async |stream| {
        let events = store.events(stream, "key", 0, 1).await.expect("readable");
        events.first().map(|event| event.position)
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
    assert_eq!(store.expire(NOW_MS, &retention, 1000).await, Ok(7));
    assert_eq!(oldest("few").await, Some(8));
    assert_eq!(oldest("many").await, Some(1));
    assert_eq!(oldest("read").await, Some(1), "one has had none of it");
    let moved = store.set_cursor("slow", "read", "key", 4).await;
    moved.expect("moved");
    assert_eq!(store.expire(NOW_MS, &retention, 1000).await, Ok(4));
    assert_eq!(oldest("read").await, Some(5));
}

pub async fn a_bounded_sweep_gets_everywhere(store: AnyStore) {
    for number in 0..20 {
        let id = actor(&format!("actor-{number}"));
        claim(&store, &id, "one").await;
        // Every second one stays for ever: a sweep must not stop at these.
        let expires_at_ms = if number % 2 == 0 { NOW_MS } else { u64::MAX };
        let handled = Handled {
            expires_at_ms,
            ..handled("message", "answer")
        };
        let events = vec![event("stream", id.key(), "x"); 3];
        let commit = Commit {
            handled: Some(handled),
            events,
            ..commit(&id, 1, 0)
        };
        taken(&store, commit).await;
    }
    let mut gone = 0;
    for _ in 0..100 {
        let swept = store.expire(NOW_MS, &nothing(), 3).await;
        gone += swept.expect("swept");
    }
    assert_eq!(gone, 10 + 40);
}
