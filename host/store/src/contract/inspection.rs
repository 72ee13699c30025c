//! What an operator reads of an actor.

use pizza_types::{MessageId, StateWrite};

use super::fixture::{
    AnyStore, NOW_MS, actor, bytes, commit, entry, full, handled, message, opened, reminder, state,
    taken,
};
use crate::commit::Commit;

pub async fn an_actor_is_inspected_without_being_opened(store: AnyStore) {
    let id = actor("a");
    assert_eq!(store.inspect(&id, 10).await, Ok(None));
    taken(&store, full(&id, 1, 0)).await;
    let more = Commit {
        state: StateWrite::Set(state("two")),
        entries: vec![entry("another", Some("1")), entry("gone", None)],
        reminders: vec![reminder("b", Some(NOW_MS)), reminder("a", Some(NOW_MS))],
        ..commit(&id, 1, 1)
    };
    taken(&store, more).await;
    let found = store.inspect(&id, 10).await.expect("readable");
    let found = found.expect("an actor");
    assert_eq!(found.record.state, Some(state("two")));
    assert_eq!((found.record.version, found.record.epoch), (2, 1));
    assert_eq!(found.entries, 2);
    let names: Vec<_> = found.reminders.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["a", "b", "reminder"]);
    assert_eq!(found.reminders[0].1.due_ms, NOW_MS);
    let few = store.inspect(&id, 1).await.expect("readable");
    assert_eq!(few.map_or(0, |few| few.reminders.len()), 1);
    // The owner of the actor is still its owner.
    taken(&store, commit(&id, 1, 2)).await;
}

pub async fn an_actor_is_copied_without_being_opened(store: AnyStore) {
    let (id, neighbour) = (actor("a"), actor("a.b"));
    assert_eq!(store.copy(&id).await, Ok(None));
    // What a copy shows is all that opening would, so that a module can be tried with it.
    taken(&store, full(&id, 1, 0)).await;
    taken(&store, full(&neighbour, 1, 0)).await;
    let more = Commit {
        state: StateWrite::Set(state("two")),
        entries: vec![
            entry("entry", None),
            entry("b", Some("2")),
            entry("a", Some("")),
        ],
        ..commit(&id, 1, 1)
    };
    taken(&store, more).await;
    let copied = store.copy(&id).await.expect("readable").expect("an actor");
    assert_eq!(copied.record.state, Some(state("two")));
    assert_eq!((copied.record.version, copied.record.epoch), (2, 1));
    let entries: Vec<_> = copied.entries.iter().collect();
    let entries: Vec<_> = entries.iter().map(|(name, b)| (&***name, *b)).collect();
    assert_eq!(entries, [("a", &bytes("")), ("b", &bytes("2"))]);

    // The owner of the actor is still its owner, and the copy stays as it was.
    let clearing = Commit {
        state: StateWrite::Clear,
        ..commit(&id, 1, 2)
    };
    taken(&store, clearing).await;
    assert_eq!(copied.entries.len(), 2);
    let cleared = store.copy(&id).await.expect("readable").expect("an actor");
    assert_eq!((cleared.record.state, cleared.entries.len()), (None, 0));
    let found = opened(&store, &neighbour, "two").await;
    let copied = store.copy(&neighbour).await.expect("readable");
    assert_eq!(copied, Some(found), "as one who opens it gets it");
}

/// A turn writes state and entries in one commit, so nobody is shown those of two.
pub async fn a_copy_is_of_one_commit(store: AnyStore) {
    const COMMITS: u64 = 50;
    let id = actor("a");
    let made = Commit {
        state: StateWrite::Set(state("0")),
        entries: vec![entry("a", Some("0")), entry("z", Some("0"))],
        ..commit(&id, 1, 0)
    };
    taken(&store, made).await;
    let writing = async {
        for version in 1..COMMITS {
            let text = version.to_string();
            let both = Commit {
                state: StateWrite::Set(state(&text)),
                entries: vec![entry("a", Some(&text)), entry("z", Some(&text))],
                ..commit(&id, 1, version)
            };
            taken(&store, both).await;
            // A store in memory never waits.
            tokio::task::yield_now().await;
        }
    };
    let reading = async {
        let mut version = 0;
        while version < COMMITS {
            let copied = store.copy(&id).await.expect("readable").expect("made");
            version = copied.record.version;
            let text = version.checked_sub(1).map(|last| last.to_string());
            let found: Vec<_> = copied.entries.values().collect();
            let both = text.as_deref().map(bytes);
            let expected: Vec<_> = both.iter().flat_map(|b| [b, b]).collect();
            assert_eq!(copied.record.state, text.as_deref().map(state));
            assert_eq!(found, expected, "version {version}");
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, reading);
}

pub async fn an_actor_is_not_taken_for_its_neighbour(store: AnyStore) {
    let keys = ["a", "a.", "a.b", "b"];
    for key in keys {
        let id = actor(key);
        taken(&store, full(&id, 1, 0)).await;
    }
    for key in keys {
        let found = store.inspect(&actor(key), 10).await.expect("readable");
        let found = found.expect("an actor");
        assert_eq!((found.entries, found.reminders.len()), (1, 1), "{key}");
        let rows = store.all_handled(&actor(key), None, 10).await;
        assert_eq!(rows.expect("readable").len(), 1, "{key}");
    }
}

pub async fn what_was_handled_is_read_in_pieces(store: AnyStore) {
    let id = actor("a");
    assert_eq!(store.all_handled(&id, None, 10).await, Ok(Vec::new()));
    let mut expected: Vec<MessageId> = Vec::new();
    for version in 0..7 {
        let name = version.to_string();
        let commit = Commit {
            handled: Some(handled(&name, &name)),
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
        expected.push(message(&name));
    }
    expected.sort_unstable();
    for limit in [1, 3, 7, 10] {
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let page = store
                .all_handled(&id, after, limit)
                .await
                .expect("readable");
            found.extend(page.iter().map(|row| row.id));
            after = page.last().map(|row| row.id);
            if page.len() < limit {
                break;
            }
        }
        assert_eq!(found, expected, "{limit} at a time");
    }
    let first = store.all_handled(&id, None, 1).await.expect("readable");
    let stored = store.handled(&id, first[0].id).await.expect("readable");
    assert_eq!(stored.as_ref(), Some(&first[0].reply));
}
