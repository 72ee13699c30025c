//! Events, heads and cursors.

use std::sync::Arc;

use pizza_types::{ShardId, ShardSet};

use super::fixture::{AnyStore, actor, bytes, commit, event, events, refused, stream_key, taken};
use crate::commit::Commit;

/// Positions and payloads of a stream's events.
async fn told(store: &AnyStore, stream: &str, key: &str) -> Vec<(u64, String)> {
    let found = store.events(stream, key, 0, 1000).await.expect("readable");
    let text = |payload: &[u8]| String::from_utf8_lossy(payload).into_owned();
    let pairs = found.iter().map(|e| (e.position, text(&e.payload)));
    pairs.collect()
}

pub async fn positions_have_no_gaps(store: AnyStore) {
    let id = actor("a");
    let publish = |version: u64, keys: &[&str]| Commit {
        leaving: events(
            keys.iter()
                .map(|key| event("stream", key, &format!("{key}{version}")))
                .collect(),
        ),
        ..commit(&id, 1, version)
    };
    taken(&store, publish(0, &["x", "y", "x", "x"])).await;
    refused(&store, publish(0, &["x", "x"])).await;
    refused(&store, publish(5, &["y"])).await;
    taken(&store, publish(1, &["y", "x"])).await;
    let pair = |position, text: &str| (position, text.to_owned());
    let x = [(1, "x0"), (2, "x0"), (3, "x0"), (4, "x1")].map(|(at, t)| pair(at, t));
    assert_eq!(told(&store, "stream", "x").await, x);
    let y = [(1, "y0"), (2, "y1")].map(|(at, t)| pair(at, t));
    assert_eq!(told(&store, "stream", "y").await, y);
    assert_eq!(store.stream_head("stream", "x").await, Ok(4));
    assert_eq!(store.stream_head("stream", "y").await, Ok(2));
    assert_eq!(store.stream_head("stream", "z").await, Ok(0));
    assert_eq!(store.stream_head("other", "x").await, Ok(0));
}

/// One event may belong to several streams: it has a place in each of them.
pub async fn an_event_has_a_place_in_each_of_its_streams(store: AnyStore) {
    let id = actor("a");
    taken(&store, {
        let first = event("b", "2", "before");
        let leaving = events(vec![first]);
        Commit {
            leaving,
            ..commit(&id, 1, 0)
        }
    })
    .await;
    let mut shared = event("a", "1", "shared");
    shared.keys.push(stream_key("b", "2"));
    let after = event("a", "1", "after");
    let both = Commit {
        leaving: events(vec![shared, after]),
        ..commit(&id, 1, 1)
    };
    taken(&store, both).await;
    let pair = |position, text: &str| (position, text.to_owned());
    assert_eq!(
        told(&store, "a", "1").await,
        [pair(1, "shared"), pair(2, "after")]
    );
    assert_eq!(
        told(&store, "b", "2").await,
        [pair(1, "before"), pair(2, "shared")]
    );
}

pub async fn publishers_share_a_key(store: AnyStore) {
    let mut publishers = Vec::new();
    for number in 0..8 {
        let store = store.clone();
        publishers.push(tokio::spawn(async move {
            let id = actor(&format!("publisher-{number}"));
            for version in 0..20 {
                let payload = format!("{number}-{version:02}");
                let commit = Commit {
                    leaving: events(vec![event("stream", "shared", &payload); 2]),
                    ..commit(&id, 1, version)
                };
                taken(&store, commit).await;
            }
        }));
    }
    for publisher in publishers {
        publisher.await.expect("no panic");
    }
    let found = told(&store, "stream", "shared").await;
    let positions: Vec<_> = found.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions, (1..=320).collect::<Vec<_>>());
    for number in 0..8 {
        let own = found.iter().map(|(_, text)| text);
        let own: Vec<_> = own
            .filter(|t| t.starts_with(&format!("{number}-")))
            .collect();
        assert_eq!(own.len(), 40);
        assert!(own.is_sorted(), "a publisher's events keep their order");
    }
}

pub async fn events_are_read_in_pieces(store: AnyStore) {
    let id = actor("a");
    let numbers = (1..=300).map(|number: u64| event("stream", "key", &number.to_string()));
    let mut all: Vec<_> = numbers.collect();
    all.push(event("stream", "key2", "neighbour"));
    all.push(event("stream\0key", "", "neighbour"));
    let commit = Commit {
        leaving: events(all),
        ..commit(&id, 1, 0)
    };
    taken(&store, commit).await;
    let (mut after, mut seen) = (0, 0);
    loop {
        let piece = store.events("stream", "key", after, 7).await;
        let piece = piece.expect("readable");
        assert!(piece.len() <= 7);
        for event in &piece {
            seen += 1;
            assert_eq!(event.position, seen);
            assert_eq!(event.payload, bytes(&seen.to_string()));
        }
        match piece.last() {
            Some(last) => after = last.position,
            None => break,
        }
    }
    assert_eq!(seen, 300);
    let beyond = store.events("stream", "key", u64::MAX, 7).await;
    assert_eq!(beyond, Ok(Vec::new()));
}

pub async fn heads_are_listed_by_stream(store: AnyStore) {
    let id = actor("a");
    let told = [
        ("s", "b"),
        ("s", "a"),
        ("s", "b"),
        ("s2", "x"),
        ("s\0a", "y"),
        ("", ""),
    ];
    let commit = Commit {
        leaving: events(told.map(|(s, key)| event(s, key, "")).into()),
        ..commit(&id, 1, 0)
    };
    taken(&store, commit).await;
    let heads = |list: &[(&str, u64)]| {
        let own = list.iter().map(|(key, at)| (Arc::from(*key), *at));
        Ok(own.collect::<Vec<(Arc<str>, u64)>>())
    };
    assert_eq!(
        store.stream_heads(&ShardSet::ALL, "s").await,
        heads(&[("a", 1), ("b", 2)])
    );
    assert_eq!(
        store.stream_heads(&ShardSet::ALL, "s2").await,
        heads(&[("x", 1)])
    );
    assert_eq!(
        store.stream_heads(&ShardSet::ALL, "").await,
        heads(&[("", 1)])
    );
    assert_eq!(store.stream_heads(&ShardSet::ALL, "none").await, heads(&[]));
    let of_a = ShardSet::one(ShardId::of("s", "a"));
    assert_ne!(ShardId::of("s", "a"), ShardId::of("s", "b"));
    assert_eq!(store.stream_heads(&of_a, "s").await, heads(&[("a", 1)]));
    assert_eq!(store.stream_heads(&ShardSet::NONE, "s").await, heads(&[]));
}

pub async fn cursors_are_kept_apart(store: AnyStore) {
    let names = [
        ("a", "s", "k"),
        ("a", "s", "k2"),
        ("a", "s2", "k"),
        ("b", "s", "k"),
    ];
    for (at, (subscriber, stream, key)) in (1..).zip(names) {
        assert_eq!(store.cursor(subscriber, stream, key).await, Ok(0));
        let set = store.set_cursor(subscriber, stream, key, at).await;
        set.expect("noted");
    }
    for (at, (subscriber, stream, key)) in (1..).zip(names) {
        assert_eq!(store.cursor(subscriber, stream, key).await, Ok(at));
    }
    store
        .set_cursor("a", "s", "k", 70_000)
        .await
        .expect("noted");
    assert_eq!(store.cursor("a", "s", "k").await, Ok(70_000));
}
