//! What commits leave behind for their actor.

use pizza_types::{ActorId, ShardSet, StateWrite};

use super::fixture::{
    AnyStore, NOW_MS, actor, by, commit, entry, handled, message, opened, reminder, state, taken,
};
use crate::commit::Commit;
use crate::reminders::DueAfter;

pub async fn actors_are_listed_by_type(store: AnyStore) {
    let mut expected = Vec::new();
    for number in 0..40 {
        let key = format!("a-{number}");
        let id = ActorId::new("list", key.as_str()).expect("legal");
        taken(&store, commit(&id, 0, 0)).await;
        let other = ActorId::new("lists", key.as_str()).expect("legal");
        taken(&store, commit(&other, 0, 0)).await;
        expected.push(key);
    }
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().map(String::as_str);
        let page = store.actors("list", after, 7).await.expect("readable");
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        found.extend(page.iter().map(ToString::to_string));
    }
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let nobody = store.actors("nobody", None, 7).await.expect("readable");
    assert!(nobody.is_empty());
}

pub async fn state_is_set_kept_and_cleared(store: AnyStore) {
    let id = actor("a");
    for (version, (write, expected)) in [
        (StateWrite::Keep, None),
        (StateWrite::Set(state("first")), Some("first")),
        (StateWrite::Keep, Some("first")),
        (StateWrite::Set(state("")), Some("")),
        (StateWrite::Set(state("second")), Some("second")),
        (StateWrite::Clear, None),
        (StateWrite::Keep, None),
    ]
    .into_iter()
    .enumerate()
    {
        let commit = Commit {
            state: write,
            ..commit(&id, 1, version as u64)
        };
        taken(&store, commit).await;
        let record = store.record(&id).await.expect("readable").expect("made");
        assert_eq!(record.state, expected.map(state), "version {version}");
    }
}

pub async fn entries_are_set_removed_and_cleared(store: AnyStore) {
    let (id, neighbour) = (actor("a"), actor("a.b"));
    for id in [&id, &neighbour] {
        let entries = vec![
            entry("two", Some("2")),
            entry("ten", Some("10")),
            entry("one", Some("1")),
        ];
        let commit = Commit {
            entries,
            ..commit(id, 1, 0)
        };
        taken(&store, commit).await;
    }
    let change = |version, state, entries| Commit {
        state,
        entries,
        ..commit(&id, 1, version)
    };
    let rewrite = vec![
        entry("ten", None),
        entry("two", Some("II")),
        entry("missing", None),
        entry("four", Some("4")),
        entry("four", None),
        entry("five", Some("4")),
        entry("five", Some("5")),
    ];
    taken(&store, change(1, StateWrite::Keep, rewrite)).await;
    check_entries(&store, &id, &[("five", "5"), ("one", "1"), ("two", "II")]).await;

    // Entries written in the turn that clears stay.
    let epoch = opened(&store, &id, "two").await.record.epoch;
    let clearing = Commit {
        epoch,
        ..change(2, StateWrite::Clear, vec![entry("new", Some("n"))])
    };
    taken(&store, by("two", clearing)).await;
    check_entries(&store, &id, &[("new", "n")]).await;
    check_entries(
        &store,
        &neighbour,
        &[("one", "1"), ("ten", "10"), ("two", "2")],
    )
    .await;
}

pub async fn strange_names_stay_apart(store: AnyStore) {
    let names = ["", "\0", "a", "a\0", "a\0b", "a\u{1}", "a/b", "ab", "ä\n"];
    let id = actor("a");
    let entries = names.map(|name| entry(name, Some(name))).into();
    let reminders = names.map(|name| reminder(name, Some(NOW_MS))).into();
    let commit = Commit {
        entries,
        reminders,
        ..commit(&id, 1, 0)
    };
    taken(&store, commit).await;
    check_entries(&store, &id, &names.map(|name| (name, name))).await;
    let due = store
        .reminders_due(&ShardSet::ALL, &DueAfter::default(), NOW_MS, 100)
        .await
        .expect("readable");
    let found: Vec<_> = due.iter().map(|due| &*due.name).collect();
    assert_eq!(found, names, "of one time, by actor and name");
}

async fn check_entries(store: &AnyStore, id: &ActorId, expected: &[(&str, &str)]) {
    let found = opened(store, id, "reader").await;
    let found: Vec<_> = found.entries.iter().collect();
    let found: Vec<_> = found.iter().map(|(name, b)| (&***name, &b[..])).collect();
    let expected: Vec<_> = expected.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    assert_eq!(found, expected);
}

pub async fn replies_are_kept(store: AnyStore) {
    let (id, other) = (actor("a"), actor("b"));
    let mut declined = handled("no", "declined");
    declined.reply.declined = true;
    for (version, handled) in [handled("yes", "accepted"), declined.clone()]
        .into_iter()
        .enumerate()
    {
        let commit = Commit {
            handled: Some(handled),
            ..commit(&id, 1, version as u64)
        };
        taken(&store, commit).await;
    }
    opened(&store, &id, "two").await;
    for handled in [handled("yes", "accepted"), declined] {
        let found = store.handled(&id, handled.id).await;
        assert_eq!(found, Ok(Some(handled.reply)));
        assert_eq!(store.handled(&other, handled.id).await, Ok(None));
    }
    assert_eq!(store.handled(&id, message("never")).await, Ok(None));
}
