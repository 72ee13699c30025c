//! What commits leave behind for their actor.

use pizza_types::{ActorId, StateWrite};

use super::fixture::{
    AnyStore, NOW_MS, actor, bytes, claim, commit, entry, handled, message, outbox, reminder,
    state, taken,
};
use crate::apply::outbox_key;
use crate::commit::{Commit, Handled};

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
    claim(&store, &id, "one").await;
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
        let record = store.record(&id).await.expect("readable").expect("claimed");
        assert_eq!(record.state, expected.map(state), "version {version}");
    }
}

pub async fn entries_are_set_removed_and_cleared(store: AnyStore) {
    let (id, neighbour) = (actor("a"), actor("a.b"));
    for id in [&id, &neighbour] {
        claim(&store, id, "one").await;
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
    let epoch = claim(&store, &id, "two").await.record.epoch;
    let clearing = Commit {
        epoch,
        ..change(2, StateWrite::Clear, vec![entry("new", Some("n"))])
    };
    taken(&store, clearing).await;
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
    claim(&store, &id, "one").await;
    let entries = names.map(|name| entry(name, Some(name))).into();
    let reminders = names.map(|name| reminder(name, Some(NOW_MS))).into();
    let commit = Commit {
        entries,
        reminders,
        ..commit(&id, 1, 0)
    };
    taken(&store, commit).await;
    check_entries(&store, &id, &names.map(|name| (name, name))).await;
    let due = store.reminders_due(NOW_MS, 100).await.expect("readable");
    let found: Vec<_> = due.iter().map(|due| &*due.name).collect();
    assert_eq!(found, names, "of one time, by actor and name");
}

async fn check_entries(store: &AnyStore, id: &ActorId, expected: &[(&str, &str)]) {
    let claimed = claim(store, id, "reader").await;
    let found: Vec<_> = claimed.entries.iter().collect();
    let found: Vec<_> = found.iter().map(|(name, b)| (&***name, &b[..])).collect();
    let expected: Vec<_> = expected.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    assert_eq!(found, expected);
}

pub async fn replies_are_replayed(store: AnyStore) {
    let (id, other) = (actor("a"), actor("b"));
    claim(&store, &id, "one").await;
    let declined = Handled {
        declined: true,
        ..handled("no", "declined")
    };
    for (version, handled) in [handled("yes", "accepted"), declined]
        .into_iter()
        .enumerate()
    {
        let commit = Commit {
            handled: Some(handled),
            ..commit(&id, 1, version as u64)
        };
        taken(&store, commit).await;
    }
    claim(&store, &id, "two").await;
    for (name, reply, is_declined) in [("yes", "accepted", false), ("no", "declined", true)] {
        let found = store.handled(&id, message(name)).await.expect("readable");
        let found = found.expect("handled");
        assert_eq!((found.reply, found.declined), (bytes(reply), is_declined));
        assert_eq!(found.expires_at_ms, NOW_MS + 1000);
        assert_eq!(store.handled(&other, message(name)).await, Ok(None));
    }
    assert_eq!(store.handled(&id, message("never")).await, Ok(None));
}

pub async fn the_outbox_keeps_its_order(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    for version in 0..3 {
        let commit = Commit {
            outbox: vec![outbox(1), outbox(300), outbox(0)],
            ..commit(&id, 1, version)
        };
        taken(&store, commit).await;
    }
    let key = |version, index| outbox_key(&id, version, index);
    let all: Vec<_> = (1..4)
        .flat_map(|version| [0, 1, 300].map(|index| key(version, index)))
        .collect();
    let read = async |after: Option<_>, limit| {
        let rows = store.outbox(id.shard(), after, limit).await;
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

    let (done, left): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|key| key.index == 1);
    let again = done[0].clone();
    store.outbox_done(done).await.expect("noted");
    assert_eq!(read(None, 100).await, left);
    assert_eq!(read(Some(&again), 100).await, left[1..]);
    store
        .outbox_done(vec![again.clone()])
        .await
        .expect("once more is no error");
    store.outbox_done(left).await.expect("noted");
    assert_eq!(read(None, 100).await, []);
}

pub async fn reminders_are_replaced_and_cancelled(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
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
        let due = store.reminders_due(u64::MAX, 10).await.expect("readable");
        let found: Vec<_> = due.iter().map(|d| (&*d.name, d.reminder.due_ms)).collect();
        assert_eq!(found, expected, "version {version}");
    }
}

pub async fn reminders_are_due_soonest_first(store: AnyStore) {
    for (key, due) in [("a", 300), ("b", 100), ("c", 200), ("d", 65_536)] {
        let id = actor(key);
        claim(&store, &id, "one").await;
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
        let due = store.reminders_due(until_ms, limit).await;
        let due = due.expect("readable").into_iter();
        let found: String = due.map(|due| due.actor.key().to_string()).collect();
        assert_eq!(found, expected, "until {until_ms}");
    }
}
