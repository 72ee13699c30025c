//! Events, heads and cursors.

use std::sync::Arc;

use super::fixture::{AnyStore, actor, bytes, claim, commit, event, refused, taken};
use crate::commit::Commit;

pub async fn positions_have_no_gaps(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    let publish = |version, keys: &[&str]| Commit {
        events: keys.iter().map(|key| event("stream", key, key)).collect(),
        ..commit(&id, 1, version)
    };
    let positions = taken(&store, publish(0, &["x", "y", "x", "x"]))
        .await
        .positions;
    assert_eq!(positions, [1, 1, 2, 3]);
    refused(&store, publish(0, &["x", "x"])).await;
    refused(&store, publish(5, &["y"])).await;
    let positions = taken(&store, publish(1, &["y", "x"])).await.positions;
    assert_eq!(positions, [2, 4]);
    assert_eq!(store.stream_head("stream", "x").await, Ok(4));
    assert_eq!(store.stream_head("stream", "y").await, Ok(2));
    assert_eq!(store.stream_head("stream", "z").await, Ok(0));
    assert_eq!(store.stream_head("other", "x").await, Ok(0));
}

pub async fn publishers_share_a_key(store: AnyStore) {
    let mut publishers = Vec::new();
    for number in 0..8 {
        let store = store.clone();
        publishers.push(tokio::spawn(async move {
            let id = actor(&format!("publisher-{number}"));
            claim(&store, &id, "one").await;
            let mut positions = Vec::new();
            for version in 0..20 {
                let payload = format!("{number}-{version}");
                let events = vec![event("stream", "shared", &payload); 2];
                let commit = Commit {
                    events,
                    ..commit(&id, 1, version)
                };
                positions.extend(taken(&store, commit).await.positions);
            }
            positions
        }));
    }
    let mut positions = Vec::new();
    for publisher in publishers {
        let own = publisher.await.expect("no panic");
        assert!(own.is_sorted(), "a publisher's events keep their order");
        positions.extend(own);
    }
    positions.sort_unstable();
    assert_eq!(positions, (1..=320).collect::<Vec<_>>());
    let events = store.events("stream", "shared", 0, 1000).await;
    let events = events.expect("readable");
    assert_eq!(events.len(), 320);
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, position);
    }
}

pub async fn events_are_read_in_pieces(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    let numbers = (1..=300).map(|number: u64| event("stream", "key", &number.to_string()));
    let mut events: Vec<_> = numbers.collect();
    events.push(event("stream", "key2", "neighbour"));
    events.push(event("stream\0key", "", "neighbour"));
    let commit = Commit {
        events,
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
    claim(&store, &id, "one").await;
    let events = [
        ("s", "b"),
        ("s", "a"),
        ("s", "b"),
        ("s2", "x"),
        ("s\0a", "y"),
        ("", ""),
    ];
    let commit = Commit {
        events: events.map(|(s, key)| event(s, key, "")).into(),
        ..commit(&id, 1, 0)
    };
    taken(&store, commit).await;
    let heads = |list: &[(&str, u64)]| {
        let own = list.iter().map(|(key, at)| (Arc::from(*key), *at));
        Ok(own.collect::<Vec<(Arc<str>, u64)>>())
    };
    assert_eq!(store.stream_heads("s").await, heads(&[("a", 1), ("b", 2)]));
    assert_eq!(store.stream_heads("s2").await, heads(&[("x", 1)]));
    assert_eq!(store.stream_heads("").await, heads(&[("", 1)]));
    assert_eq!(store.stream_heads("none").await, heads(&[]));
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
