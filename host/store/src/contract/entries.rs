//! Entries that their owner does not hold in memory.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{ActorId, EntryLimit, EntryRange, EntryWrite, StateWrite};

use super::fixture::{AnyStore, actor, bytes, commit, entry, opened, queue, taken};
use crate::commit::Commit;
use crate::entries::{EntryView, OPENED};

const ALL: EntryLimit = EntryLimit {
    entries: usize::MAX,
    bytes: usize::MAX,
};

pub async fn an_opening_reads_no_more_than_its_bound(store: AnyStore) {
    let many = OPENED.entries * 2;
    let large = OPENED.bytes / 4;
    for (key, count, size, expected) in [
        ("none", 0, 1, 0),
        ("few", OPENED.entries, 1, OPENED.entries),
        ("many", many, 1, OPENED.entries),
        // With their names these are more than the bytes of four.
        ("large", 9, large, 3),
        // One at least, however large.
        ("one", 2, OPENED.bytes * 2, 1),
    ] {
        let id = actor(key);
        let value = "x".repeat(size);
        let names = names(count);
        let entries = names.iter().map(|name| entry(name, Some(&value)));
        let entries = entries.collect();
        taken(&store, writing(&id, 0, entries)).await;
        let found = opened(&store, &id, "two").await;
        let found_names: Vec<_> = found.entries.keys().map(|name| &**name).collect();
        assert_eq!(found_names, names[..expected], "{key}: the lowest names");
        assert_eq!(found.more, expected < count, "{key}");
        let inspected = store.inspect(&id, 0).await.expect("readable");
        assert_eq!(inspected.expect("it has a record").entries, count, "{key}");
    }
}

pub async fn several_are_read_at_once(store: AnyStore) {
    let (id, neighbour) = (actor("a"), actor("a.b"));
    let entries = vec![entry("one", Some("1")), entry("two", Some("22"))];
    taken(&store, writing(&id, 0, entries)).await;
    let other = vec![entry("three", Some("3"))];
    taken(&store, writing(&neighbour, 0, other)).await;
    let view = store.entries(&id).expect("a view");
    let names = ["two", "three", "one", "two", ""].map(Arc::from);
    let (one, two) = (Some(bytes("1")), Some(bytes("22")));
    let all = [two.clone(), None, one, two.clone(), None];
    assert_eq!(view.get(&names, 100).await.expect("readable"), all);
    // As many as fit, from the first on, and one at least.
    for (bytes_max, count) in [(5, 5), (4, 3), (3, 3), (2, 2), (1, 1), (0, 1)] {
        let found = view.get(&names, bytes_max).await.expect("readable");
        assert_eq!(found, all[..count], "{bytes_max} bytes");
    }
    let nobody = store.entries(&actor("nobody")).expect("a view");
    assert_eq!(nobody.get(&names[..1], 100).await, Ok(vec![None]));
}

pub async fn a_range_is_read_in_both_directions(store: AnyStore) {
    let (id, neighbour) = (actor("a"), actor("a.b"));
    let all = ["a", "a\u{1}", "a/b", "ab", "b", "ä", "日"];
    let entries = all.map(|name| entry(name, Some(name)));
    taken(&store, writing(&id, 0, entries.into())).await;
    let others = ["aa", "zz"].map(|name| entry(name, Some(name)));
    taken(&store, writing(&neighbour, 0, others.into())).await;
    let view = store.entries(&id).expect("a view");
    let mut ordered = all.to_vec();
    ordered.sort_unstable();
    let ends = ["", "a", "a\0", "a/", "ab", "b", "zz", "日", "\u{10ffff}"];
    for from in ends {
        for to in ends.map(Some).into_iter().chain([None]) {
            for backwards in [false, true] {
                let range = EntryRange {
                    from: from.to_owned(),
                    to: to.map(str::to_owned),
                    backwards,
                };
                let mut expected = ordered.clone();
                expected.retain(|name| *name >= from && to.is_none_or(|to| *name < to));
                if backwards {
                    expected.reverse();
                }
                let page = view.range(&range, ALL).await.expect("readable");
                let found: Vec<_> = page.entries.iter().map(|(name, _)| &**name).collect();
                assert_eq!(found, expected, "{range:?}");
                assert!(!page.more);
                for (name, value) in &page.entries {
                    assert_eq!(name.as_bytes(), value);
                }
            }
        }
    }
}

pub async fn a_range_is_read_in_pieces(store: AnyStore) {
    let id = actor("a");
    let names = names(500);
    // In two commits, and with some that go again.
    let first = names.iter().map(|name| entry(name, Some("old value")));
    taken(&store, writing(&id, 0, first.collect())).await;
    let change = |(number, name): (usize, &String)| match number % 3 {
        0 => Some(entry(name, None)),
        1 => Some(entry(name, Some("new value"))),
        _ => None,
    };
    let second = names.iter().enumerate().filter_map(change).collect();
    taken(&store, writing(&id, 1, second)).await;
    let value = |number: usize| {
        if number % 3 == 1 {
            "new value"
        } else {
            "old value"
        }
    };
    let there = names
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 3 != 0);
    let there: Vec<_> = there
        .map(|(number, name)| (name.clone(), bytes(value(number))))
        .collect();
    let view = store.entries(&id).expect("a view");
    for backwards in [false, true] {
        // Seven of them, and as many bytes as four have.
        let four_bytes = 4 * (names[0].len() + "old value".len());
        for (entries, bytes, size) in [(7, usize::MAX, 7), (usize::MAX, four_bytes, 4), (0, 0, 1)] {
            let (from, to) = (names[3].clone(), Some(names[490].clone()));
            let mut left = EntryRange {
                from,
                to,
                backwards,
            };
            let mut expected = there.clone();
            expected.retain(|(name, _)| *name >= names[3] && *name < names[490]);
            if backwards {
                expected.reverse();
            }
            let mut found = Vec::new();
            loop {
                let limit = EntryLimit { entries, bytes };
                let page = view.range(&left, limit).await.expect("readable");
                let count = page.entries.len();
                assert!(count == size || count < size && !page.more, "{count}");
                let read = page
                    .entries
                    .iter()
                    .map(|(name, b)| (name.to_string(), b.clone()));
                found.extend(read);
                if !page.more {
                    break;
                }
                let (last, _) = page.entries.last().expect("one before there are more");
                left = left.past(last);
            }
            assert_eq!(found, expected, "backwards {backwards}, {entries}, {bytes}");
        }
    }
}

/// Whoever reads for a while reads one state, and a later view shows a later one.
pub async fn a_view_stays_as_it_was(store: AnyStore) {
    let id = actor("a");
    let entries = vec![entry("kept", Some("1")), entry("gone", Some("1"))];
    taken(&store, writing(&id, 0, entries)).await;
    let before = store.entries(&id).expect("a view");
    let changes = vec![
        entry("kept", Some("2")),
        entry("gone", None),
        entry("new", Some("2")),
    ];
    taken(&store, writing(&id, 1, changes)).await;
    let between = store.entries(&id).expect("a view");
    let cleared = Commit {
        state: StateWrite::Clear,
        ..commit(&id, 1, 2)
    };
    taken(&store, cleared).await;
    let after = store.entries(&id).expect("a view");
    check(&*before, &[("gone", "1"), ("kept", "1")]).await;
    check(&*between, &[("kept", "2"), ("new", "2")]).await;
    check(&*after, &[]).await;
}

async fn check(view: &dyn EntryView, expected: &[(&str, &str)]) {
    let page = view.range(&EntryRange::with_prefix("", None), ALL).await;
    let page = page.expect("readable");
    let expected: Vec<(Arc<str>, Bytes)> = expected
        .iter()
        .map(|(name, value)| (Arc::from(*name), bytes(value)))
        .collect();
    assert_eq!(page.entries, expected);
    for name in ["kept", "gone", "new"] {
        let found = view.get(&[Arc::from(name)], 100).await;
        let value = expected.iter().find(|(known, _)| **known == *name);
        let value = value.map(|(_, value)| value.clone());
        assert_eq!(found, Ok(vec![value]), "{name}");
    }
}

/// An opening may stand on commits whose tickets nobody waits for any more.
pub async fn what_was_opened_is_read(store: AnyStore) {
    let id = actor("a");
    taken(&store, writing(&id, 0, Vec::new())).await;
    for version in 1..40 {
        let name = format!("entry-{version:02}");
        let written = writing(&id, version, vec![entry(&name, Some("value"))]);
        drop(queue(&store, written));
    }
    let found = opened(&store, &id, "two").await;
    let view = store.entries(&id).expect("a view");
    let page = view.range(&EntryRange::with_prefix("", None), ALL).await;
    let read: Vec<_> = page.expect("readable").entries;
    assert_eq!(read, found.entries.into_iter().collect::<Vec<_>>());
    assert_eq!(read.len() as u64 + 1, found.record.version);
}

pub async fn a_copy_has_all_of_them(store: AnyStore) {
    let id = actor("a");
    let names = names(OPENED.entries * 3);
    let entries = names.iter().map(|name| entry(name, Some("value")));
    taken(&store, writing(&id, 0, entries.collect())).await;
    let copy = store.copy(&id).await.expect("readable").expect("a record");
    let found: Vec<_> = copy.entries.keys().map(ToString::to_string).collect();
    assert_eq!(found, names);
    assert!(!copy.more);
}

fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("entry-{number:05}"))
        .collect()
}

fn writing(id: &ActorId, version: u64, entries: Vec<EntryWrite>) -> Commit {
    Commit {
        entries,
        ..commit(id, 1, version)
    }
}
