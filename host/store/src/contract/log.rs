//! What leaves commits, until it has arrived.

use super::fixture::{
    AnyStore, actor, commit, envelope, event, events, message, queue, refused, relay, taken,
};
use crate::commit::Commit;
use crate::log::{Leaving, LogKey};
use pizza_types::ShardSet;

/// A message leaves.
fn sending(names: &[&str]) -> Leaving {
    Leaving {
        messages: names.iter().map(|name| envelope(name)).collect(),
        events: Vec::new(),
    }
}

/// Numbers of the entries of the actor's shard.
async fn numbers(
    store: &AnyStore,
    shard: pizza_types::ShardId,
    after: u64,
    limit: usize,
) -> Vec<u64> {
    let entries = store.log(shard, after, limit).await.expect("readable");
    entries.iter().map(|entry| entry.key.number).collect()
}

pub async fn a_commit_leaves_one_entry(store: AnyStore) {
    let id = actor("a");
    assert_eq!(store.log_shards(&ShardSet::ALL).await, Ok(Vec::new()));
    assert_eq!(taken(&store, commit(&id, 1, 0)).await.log, None);
    assert_eq!(store.log_shards(&ShardSet::ALL).await, Ok(Vec::new()));
    let both = Commit {
        leaving: sending(&["x", "y"]),
        ..commit(&id, 1, 1)
    };
    let number = taken(&store, both).await.log.expect("an entry");
    let entries = store.log(id.shard(), 0, 10).await.expect("readable");
    assert_eq!(entries.len(), 1);
    let shard = id.shard();
    assert_eq!(entries[0].key, LogKey { shard, number });
    let ids: Vec<_> = entries[0].leaving.messages.iter().map(|m| m.id).collect();
    assert_eq!(ids, [message("x"), message("y")], "in their order");
    assert_eq!(store.log_shards(&ShardSet::ALL).await, Ok(vec![shard]));
}

pub async fn the_log_keeps_the_order_of_commits(store: AnyStore) {
    // Of one shard, but not of one actor: the order is the shard's.
    let ids = (0..).map(|number| actor(&format!("a-{number}")));
    let first = actor("a-0").shard();
    let ids: Vec<_> = ids.filter(|id| id.shard() == first).take(2).collect();
    let mut written = Vec::new();
    for version in 0..6 {
        for id in &ids {
            let commit = Commit {
                leaving: sending(&[&format!("{}-{version}", id.key())]),
                ..commit(id, 1, version)
            };
            written.push(taken(&store, commit).await.log.expect("an entry"));
        }
    }
    assert!(written.is_sorted_by(|a, b| a < b), "{written:?}");
    assert_eq!(numbers(&store, first, 0, 100).await, written);
    assert_eq!(numbers(&store, first, 0, 5).await, written[..5]);
    assert_eq!(numbers(&store, first, written[4], 5).await, written[5..10]);
    assert_eq!(numbers(&store, first, written[11], 5).await, []);
    assert_eq!(numbers(&store, first, u64::MAX, 5).await, []);

    let key = |number: &u64| LogKey {
        shard: first,
        number: *number,
    };
    let done: Vec<_> = written.iter().step_by(2).map(key).collect();
    store.log_done(done.clone()).await.expect("noted");
    store.log_done(done).await.expect("once more is no error");
    let left: Vec<_> = written.iter().skip(1).step_by(2).copied().collect();
    assert_eq!(numbers(&store, first, 0, 100).await, left);
    store
        .log_done(left.iter().map(key).collect())
        .await
        .expect("noted");
    assert_eq!(store.log_shards(&ShardSet::ALL).await, Ok(Vec::new()));
    // No number comes again, also when nothing is left.
    let more = Commit {
        leaving: sending(&["more"]),
        ..commit(&ids[0], 1, 6)
    };
    let number = taken(&store, more).await.log.expect("an entry");
    assert!(number > written[11], "{number} after {written:?}");
}

pub async fn a_refused_commit_leaves_no_entry(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 1, 0)).await;
    let stale = Commit {
        leaving: sending(&["x"]),
        ..commit(&id, 1, 7)
    };
    refused(&store, stale).await;
    assert_eq!(store.log_shards(&ShardSet::ALL).await, Ok(Vec::new()));
}

/// Two guardians at once are harmless: what a stream has of a shard it has once.
pub async fn an_entry_is_relayed_once(store: AnyStore) {
    let (id, other) = (actor("a"), actor("b"));
    let telling = |id: &pizza_types::ActorId, version: u64| Commit {
        leaving: events(vec![
            event(
                "stream",
                "key",
                &format!("{}{version}", id.key())
            );
            2
        ]),
        ..commit(id, 1, version)
    };
    for version in 0..3 {
        queue(&store, telling(&id, version)).await.expect("taken");
        queue(&store, telling(&other, version))
            .await
            .expect("taken");
    }
    let mut guardians = Vec::new();
    for _ in 0..4 {
        let store = store.clone();
        guardians.push(tokio::spawn(async move { relay(&store).await }));
    }
    for guardian in guardians {
        guardian.await.expect("no panic");
    }
    relay(&store).await;
    let found = store.events("stream", "key", 0, 100).await;
    let found = found.expect("readable");
    let positions: Vec<_> = found.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=12).collect::<Vec<_>>());
    for id in [&id, &other] {
        let own = found
            .iter()
            .filter(|e| e.payload.starts_with(id.key().as_bytes()));
        let own: Vec<_> = own.map(|e| String::from_utf8_lossy(&e.payload)).collect();
        let twice = |version| [version; 2].map(|v| format!("{}{v}", id.key()));
        let expected: Vec<_> = (0..3).flat_map(twice).collect();
        assert_eq!(own, expected, "in the order of the log");
    }
}
