//! Named facts.

use super::fixture::{AnyStore, bytes};

pub async fn facts_are_kept(store: AnyStore) {
    assert_eq!(store.fact("name").await, Ok(None));
    for value in ["one", "", "two"] {
        store.set_fact("name", bytes(value)).await.expect("noted");
        assert_eq!(store.fact("name").await, Ok(Some(bytes(value))));
    }
    assert_eq!(store.fact("name2").await, Ok(None));
    assert_eq!(store.fact("").await, Ok(None));
}

pub async fn facts_are_listed_by_prefix_and_go(store: AnyStore) {
    for name in ["a", "b/1", "b/2", "b/3", "b\u{0}", "c"] {
        store.set_fact(name, bytes(name)).await.expect("noted");
    }
    let list = async |prefix, after, limit| {
        let facts = store.facts(prefix, after, limit).await.expect("read");
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
    store.remove_fact("b/2").await.expect("gone");
    store.remove_fact("b/7").await.expect("nothing to do");
    assert_eq!(list("b/", None, 9).await, ["b/1", "b/3"]);
}

pub async fn facts_change_together(store: AnyStore) {
    let change = |name: &str, value: Option<&str>| (name.to_owned(), value.map(bytes));
    let first = vec![
        change("a", Some("1")),
        change("b", Some("1")),
        change("b", Some("2")),
    ];
    store.change_facts(first).await.expect("noted");
    assert_eq!(store.fact("a").await, Ok(Some(bytes("1"))));
    assert_eq!(store.fact("b").await, Ok(Some(bytes("2"))));
    let second = vec![
        change("a", None),
        change("b", Some("3")),
        change("never", None),
    ];
    store.change_facts(second).await.expect("noted");
    assert_eq!(store.fact("a").await, Ok(None));
    assert_eq!(store.fact("b").await, Ok(Some(bytes("3"))));
    store.change_facts(Vec::new()).await.expect("nothing to do");
}
