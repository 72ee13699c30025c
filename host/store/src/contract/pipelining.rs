//! Commits queued behind each other without waiting.

use pizza_types::StateWrite;

use super::fixture::{
    AnyStore, actor, bytes, commit, event, events, full, opened, queue, refused, relay, state,
    taken,
};
use crate::commit::{Commit, CommitError};

pub async fn queued_commits_take_effect_in_order(store: AnyStore) {
    let id = actor("a");
    let queue = |version: u64| {
        let commit = Commit {
            state: StateWrite::Set(state(&version.to_string())),
            leaving: events(vec![event("stream", "key", &version.to_string())]),
            ..commit(&id, 1, version)
        };
        queue(&store, commit)
    };
    let tickets: Vec<_> = (0..200).map(queue).collect();
    for ticket in tickets {
        ticket.await.expect("a commit is taken");
    }
    relay(&store).await;
    let told = store.events("stream", "key", 0, 1000).await;
    let told = told.expect("readable");
    assert_eq!(told.len(), 200);
    for (event, at) in told.iter().zip(0..) {
        let expected = (at + 1, bytes(&at.to_string()));
        assert_eq!((event.position, event.payload.clone()), expected);
    }
    let record = store.record(&id).await.expect("readable").expect("made");
    assert_eq!((record.version, record.state), (200, Some(state("199"))));
}

pub async fn behind_a_refused_commit_all_are_refused(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 1, 0)).await;
    let good = queue(&store, commit(&id, 1, 1));
    // This turn ran on a version that never was; those behind it ran on its outcome.
    let tickets: Vec<_> = (3..10)
        .map(|version| queue(&store, full(&id, 1, version)))
        .collect();
    good.await.expect("a commit is taken");
    for (ticket, ours) in tickets.into_iter().zip(3..) {
        let stale = CommitError::Stale { ours, current: 2 };
        assert_eq!(ticket.await.expect_err("a commit is refused"), stale);
    }
    assert_eq!(store.stream_head("stream", "key").await, Ok(0));

    // And after an opening nothing of the queue before it gets in.
    opened(&store, &id, "two").await;
    let tickets: Vec<_> = (2..5).map(|at| queue(&store, full(&id, 1, at))).collect();
    for ticket in tickets {
        let fenced = CommitError::Fenced {
            ours: 1,
            current: 2,
        };
        assert_eq!(ticket.await.expect_err("a commit is refused"), fenced);
    }
}

pub async fn a_dropped_ticket_does_not_take_back(store: AnyStore) {
    let id = actor("a");
    drop(queue(&store, full(&id, 1, 0)));
    taken(&store, commit(&id, 1, 1)).await;
    assert_eq!(store.stream_head("stream", "key").await, Ok(1));
}

pub async fn many_actors_commit_at_once(store: AnyStore) {
    let mut tasks = Vec::new();
    for number in 0..64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let id = actor(&format!("actor-{number}"));
            for version in 0..10 {
                taken(&store, full(&id, 1, version)).await;
            }
            refused(&store, full(&id, 1, 9)).await;
        }));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    // Every one of them published to the same key.
    let told = store.events("stream", "key", 0, 1000).await;
    let told = told.expect("readable");
    let positions: Vec<_> = told.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=640).collect::<Vec<_>>());
}
