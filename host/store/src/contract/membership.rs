//! The view, and heartbeats.

use std::sync::Arc;

use super::fixture::silo;
use crate::membership::{Member, MemberState, MembershipStore, View};

type AnyMembership = Arc<dyn MembershipStore>;

fn with(view: &mut View, name: &str) {
    let member = Member {
        address: "127.0.0.1:7000".into(),
        edges: Some("127.0.0.1:5002".into()),
        state: MemberState::Live,
        labels: ["disk".into()].into(),
    };
    view.members.insert(silo(name), member);
}

pub async fn a_view_is_replaced_by_who_knows_it(store: AnyMembership) {
    assert_eq!(store.view().await, Ok(View::default()));
    let one = View::default().next(|view| with(view, "a.1"));
    assert_eq!(store.change_view(0, &one).await, Ok(true));
    assert_eq!(store.view().await, Ok(one.clone()));
    let other = View::default().next(|view| with(view, "b.1"));
    assert_eq!(
        store.change_view(0, &other).await,
        Ok(false),
        "it is not that one"
    );
    assert_eq!(store.view().await, Ok(one.clone()));
    // Who knows a newer one than the store has may skip those in between.
    let much_later = View {
        version: 9,
        ..one.next(|view| with(view, "c.2"))
    };
    assert_eq!(store.change_view(1, &much_later).await, Ok(true));
    assert_eq!(store.view().await, Ok(much_later));
}

pub async fn heartbeats_of_members_are_counted(store: AnyMembership) {
    let two = View::default().next(|view| {
        with(view, "a.1");
        with(view, "b.2");
    });
    assert_eq!(store.change_view(0, &two).await, Ok(true));
    for count in 1..=3 {
        let told = store.heartbeat(&silo("a.1")).await.expect("counted");
        assert_eq!(told.view_version, 1);
        let counts = [(silo("a.1"), count), (silo("b.2"), 0)];
        assert_eq!(
            told.counts,
            counts.into(),
            "also of one that was never heard of"
        );
    }
    let one = two.next(|view| {
        view.members.remove(&silo("a.1"));
    });
    assert_eq!(store.change_view(1, &one).await, Ok(true));
    // One that was taken for dead does not come to life again by its heartbeat.
    let told = store.heartbeat(&silo("a.1")).await.expect("answered");
    assert_eq!(
        (told.view_version, told.counts),
        (2, [(silo("b.2"), 0)].into())
    );
}

pub async fn of_many_who_join_at_once_each_gets_an_id_of_its_own(store: AnyMembership) {
    let joining = (0..16).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            loop {
                let before = store.view().await.expect("readable");
                let name = format!("silo.{}", before.generation + 1);
                let after = before.next(|view| {
                    view.generation += 1;
                    with(view, &name);
                });
                if store.change_view(before.version, &after).await == Ok(true) {
                    return name;
                }
            }
        })
    });
    let mut names = std::collections::BTreeSet::new();
    for task in joining.collect::<Vec<_>>() {
        names.insert(task.await.expect("joined"));
    }
    assert_eq!(names.len(), 16);
    let view = store.view().await.expect("readable");
    assert_eq!(
        (view.version, view.generation, view.members.len()),
        (16, 16, 16)
    );
}
