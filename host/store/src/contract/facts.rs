//! Named facts.

use ::bytes::Bytes;

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

pub async fn several_facts_come_in_the_order_of_their_names(store: AnyStore) {
    for name in ["a", "b", "c"] {
        store.set_fact(name, bytes(name)).await.expect("noted");
    }
    let names = ["c", "never", "a", "c"].map(str::to_owned);
    let [a, c] = ["a", "c"].map(|value| Some(bytes(value)));
    let several = store.several_facts(&names).await;
    assert_eq!(several, Ok(vec![c.clone(), None, a, c]));
    assert_eq!(store.several_facts(&[]).await, Ok(Vec::new()));
}

/// Of many who change a fact from what it was, one does.
pub async fn facts_change_under_a_condition_of_which_one_holds(store: AnyStore) {
    let value = |text: &'static str| Bytes::from_static(text.as_bytes());
    let to = |text| {
        vec![
            ("plan".to_owned(), Some(value(text))),
            ("line".to_owned(), Some(value(text))),
        ]
    };
    let is = |text| Some(value(text));
    let two = is("two");
    let first = store.change_facts_if("plan", two.as_ref(), to("one"));
    assert_eq!(first.await, Ok(false), "there is none");
    assert_eq!(store.fact("line").await, Ok(None), "nothing was changed");
    assert_eq!(
        store.change_facts_if("plan", None, to("one")).await,
        Ok(true)
    );
    assert_eq!(
        store.change_facts_if("plan", None, to("two")).await,
        Ok(false)
    );
    assert_eq!(store.fact("line").await, Ok(is("one")));
    let one = value("one");
    let change = |text| store.change_facts_if("plan", Some(&one), to(text));
    let (a, b, c, d) = tokio::join!(change("a"), change("b"), change("c"), change("d"));
    let outcomes = [a, b, c, d];
    let succeeded = outcomes.iter().filter(|outcome| **outcome == Ok(true));
    assert_eq!(succeeded.count(), 1, "{outcomes:?}");
    assert_eq!(store.fact("plan").await, store.fact("line").await);
}
