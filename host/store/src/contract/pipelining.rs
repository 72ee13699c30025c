//! Commits queued behind each other without waiting.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use pizza_types::StateWrite;

use super::fixture::{
    AnyStore, actor, bytes, commit, event, events, full, opened, queue, refused, relay, state,
    taken,
};
use crate::commit::{Commit, CommitError, CommitTicket};

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

pub async fn what_is_staged_is_decided(store: AnyStore) {
    let id = actor("a");
    let ticket = queue(&store, full(&id, 1, 0));
    let is_one_log = ticket.is_staged();
    if is_one_log {
        // Nobody has waited for it, and whoever opens the actor goes on from it.
        let stored = opened(&store, &id, "one").await;
        assert_eq!(stored.record.version, 1);
    }
    assert_eq!(ticket.refusal(), None);
    ticket.await.expect("a commit is taken");
    let epoch = if is_one_log { 2 } else { 1 };
    for (epoch, version) in [(epoch, 3), (7, 1)] {
        let ticket = queue(&store, commit(&id, epoch, version));
        assert!(!ticket.is_staged(), "it will be refused");
        let refusal = ticket.refusal().cloned();
        assert_eq!(refusal.is_some(), is_one_log);
        let error = ticket.await.expect_err("a commit is refused");
        assert!(refusal.is_none_or(|refusal| refusal == error));
    }
}

pub async fn behind_the_tail_all_is_durable(store: AnyStore) {
    let id = actor("a");
    let tickets: Vec<_> = (0..100)
        .map(|version| queue(&store, commit(&id, 1, version)))
        .collect();
    let is_one_log = tickets.iter().all(CommitTicket::is_staged);
    if let Some(tail) = store.tail() {
        assert!(is_one_log);
        tail.await.expect("durable");
    }
    if is_one_log {
        // Seen by all, not only by whoever opens it.
        let record = store.record(&id).await.expect("readable").expect("made");
        assert_eq!(record.version, 100);
        for ticket in tickets {
            let mut now = Context::from_waker(Waker::noop());
            let outcome = pin!(ticket).poll(&mut now);
            assert!(matches!(outcome, Poll::Ready(Ok(_))), "{outcome:?}");
        }
    }
    assert!(store.tail().is_none(), "nothing is under way");
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
