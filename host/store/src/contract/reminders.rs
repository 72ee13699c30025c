//! Reminders and delayed messages.

use super::fixture::{AnyStore, NOW_MS, actor, commit, delayed, opened, reminder, taken};
use crate::apply::delayed_key;
use crate::commit::Commit;
use crate::reminders::{DueAfter, DueReminder};
use pizza_types::ShardSet;

/// What is due from the beginning.
async fn due(store: &AnyStore, until_ms: u64, limit: usize) -> Vec<DueReminder> {
    let start = DueAfter::default();
    let due = store
        .reminders_due(&ShardSet::ALL, &start, until_ms, limit)
        .await;
    due.expect("readable")
}

pub async fn reminders_are_replaced_and_cancelled(store: AnyStore) {
    let id = actor("a");
    let soon = NOW_MS + 10;
    for (version, (writes, expected)) in [
        (
            vec![("a", Some(soon)), ("b", Some(soon + 5))],
            vec![("a", soon), ("b", soon + 5)],
        ),
        (
            vec![("a", Some(soon + 9))],
            vec![("b", soon + 5), ("a", soon + 9)],
        ),
        (
            vec![("b", Some(soon + 5))],
            vec![("b", soon + 5), ("a", soon + 9)],
        ),
        (vec![("b", None), ("never", None)], vec![("a", soon + 9)]),
        (vec![("a", Some(1)), ("a", Some(2))], vec![("a", 2)]),
        (vec![("a", None), ("a", Some(3))], vec![("a", 3)]),
        (vec![("a", Some(4)), ("a", None)], vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        let reminders = writes.iter().map(|(name, due)| reminder(name, *due));
        let commit = Commit {
            reminders: reminders.collect(),
            ..commit(&id, 1, version as u64)
        };
        taken(&store, commit).await;
        let found = due(&store, u64::MAX, 10).await;
        let found: Vec<_> = found
            .iter()
            .map(|d| (&*d.name, d.reminder.due_ms))
            .collect();
        assert_eq!(found, expected, "version {version}");
    }
}

pub async fn reminders_are_due_soonest_first(store: AnyStore) {
    for (key, due) in [("a", 300), ("b", 100), ("c", 200), ("d", 65_536)] {
        let id = actor(key);
        let commit = Commit {
            reminders: vec![reminder("wake", Some(due))],
            ..commit(&id, 1, 0)
        };
        taken(&store, commit).await;
    }
    for (until_ms, limit, expected) in [
        (99, 10, ""),
        (100, 10, "b"),
        (299, 10, "bc"),
        (300, 10, "bca"),
        (u64::MAX, 10, "bcad"),
        (u64::MAX, 2, "bc"),
    ] {
        let due = due(&store, until_ms, limit).await.into_iter();
        let found: String = due.map(|due| due.actor.key().to_string()).collect();
        assert_eq!(found, expected, "until {until_ms}");
    }
}

/// A reading goes on where the last one stopped, or from a time: what is before costs nothing.
pub async fn due_reminders_are_read_in_pieces(store: AnyStore) {
    for key in ["a", "b", "c"] {
        let times = [100, 200, 200, 300].iter().zip(["w", "x", "y", "z"]);
        let commit = Commit {
            reminders: times
                .map(|(due, name)| reminder(name, Some(*due)))
                .collect(),
            ..commit(&actor(key), 1, 0)
        };
        taken(&store, commit).await;
    }
    let all = due(&store, u64::MAX, 100).await;
    assert_eq!(all.len(), 12);
    for limit in [1, 5, 12, 20] {
        let (mut after, mut found) = (DueAfter::default(), Vec::new());
        loop {
            let page = store
                .reminders_due(&ShardSet::ALL, &after, u64::MAX, limit)
                .await;
            let page = page.expect("readable");
            let complete = page.len() < limit;
            after = page.last().map_or(after, DueReminder::place);
            found.extend(page);
            if complete {
                break;
            }
        }
        assert_eq!(found, all, "{limit} at a time");
    }
    for (due_ms, left) in [(0, 12), (100, 12), (101, 9), (200, 9), (201, 3), (301, 0)] {
        let after = DueAfter { due_ms, last: None };
        let found = store
            .reminders_due(&ShardSet::ALL, &after, u64::MAX, 100)
            .await;
        assert_eq!(found.expect("readable").len(), left, "from {due_ms}");
    }
}

/// Whoever fires a reminder is believed: the owner of the actor knows its reminders.
pub async fn reminders_come_with_their_actor(store: AnyStore) {
    let (id, neighbour) = (actor("a"), actor("a.b"));
    for id in [&id, &neighbour] {
        let commit = Commit {
            reminders: vec![reminder("one", Some(NOW_MS)), reminder("two", Some(1))],
            ..commit(id, 1, 0)
        };
        taken(&store, commit).await;
    }
    let change = Commit {
        reminders: vec![reminder("one", None), reminder("three", Some(3))],
        ..commit(&id, 1, 1)
    };
    taken(&store, change).await;
    let found = opened(&store, &id, "two").await.reminders;
    let found: Vec<_> = found.iter().map(|(name, r)| (&**name, r.due_ms)).collect();
    assert_eq!(found, [("three", 3), ("two", 1)]);
    assert_eq!(opened(&store, &neighbour, "two").await.reminders.len(), 2);
}

pub async fn delayed_messages_keep_their_order(store: AnyStore) {
    let id = actor("a");
    for version in 0..3 {
        let commit = Commit {
            delayed: vec![delayed(1), delayed(300), delayed(0)],
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let key = |version, index| delayed_key(&id, version, index);
    let all: Vec<_> = (1..4)
        .flat_map(|version| [0, 1, 300].map(|index| key(version, index)))
        .collect();
    let read = async |after: Option<_>, limit| {
        let rows = store.delayed(&ShardSet::ALL, after, limit).await;
        let rows = rows.expect("readable").into_iter();
        rows.map(|row| {
            assert_eq!(row.not_before_ms, NOW_MS + u64::from(row.key.index));
            row.key
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(read(None, 100).await, all);
    assert_eq!(read(None, 2).await, all[..2]);
    assert_eq!(read(Some(&all[1]), 3).await, all[2..5]);
    assert_eq!(read(Some(&all[8]), 3).await, []);
    assert_eq!(
        store.log_shards(&ShardSet::ALL).await,
        Ok(Vec::new()),
        "the log does not wait"
    );

    let (done, left): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|key| key.index == 1);
    let again = done[0].clone();
    store.delayed_done(done).await.expect("noted");
    assert_eq!(read(None, 100).await, left);
    assert_eq!(read(Some(&again), 100).await, left[1..]);
    store
        .delayed_done(vec![again.clone()])
        .await
        .expect("once more is no error");
    store.delayed_done(left).await.expect("noted");
    assert_eq!(read(None, 100).await, []);
}
