//! Who may write: the last who opened, on the newest version, and each message once.

use super::fixture::{
    AnyStore, actor, by, bytes, commit, full, handled, message, opened, queue, refused, silo,
    state, taken,
};
use crate::actors::Opened;
use crate::commit::{Commit, CommitError};
use crate::members::Members;

pub async fn opening_fences_the_owner_before(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 1, 0)).await;
    let found = opened(&store, &id, "two").await;
    assert_eq!((found.record.epoch, found.record.version), (2, 1));

    let fenced = CommitError::Fenced {
        ours: 1,
        current: 2,
    };
    assert_eq!(refused(&store, commit(&id, 1, 1)).await, fenced);
    taken(&store, by("two", commit(&id, 2, 1))).await;
}

pub async fn an_actor_without_a_record_is_absent_and_takes_no_commit(store: AnyStore) {
    let id = actor("a");
    let by = silo("one");
    let absent = store.open(&id, &by, &Members::alone(&by)).await;
    assert_eq!(absent, Ok(Opened::Absent { epoch: 1 }));
    let fenced = |ours| CommitError::Fenced { ours, current: 0 };
    assert_eq!(refused(&store, full(&id, 1, 1)).await, fenced(1));
    assert_eq!(refused(&store, full(&id, 7, 3)).await, fenced(7));
    assert_eq!(refused(&store, full(&id, 0, 1)).await, fenced(0));
    assert_eq!(store.record(&id).await, Ok(None), "nor was it given one");
}

pub async fn a_first_commit_makes_the_record(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 0, 0)).await;
    let record = store.record(&id).await.expect("readable").expect("made");
    assert_eq!((record.epoch, record.version), (1, 1));
    assert_eq!(record.owner, silo("one"));
    // Who came second, or saw the actor without a record long ago, is fenced.
    let fenced = CommitError::Fenced {
        ours: 0,
        current: 1,
    };
    assert_eq!(refused(&store, full(&id, 0, 0)).await, fenced);
    taken(&store, commit(&id, 1, 1)).await;
}

pub async fn of_two_who_found_no_record_one_goes_on(store: AnyStore) {
    let id = actor("a");
    // Both found none, each makes one, and each commits behind it at once, under the epoch that the
    // record would have: that of the other one has it too.
    taken(&store, by("one", commit(&id, 0, 0))).await;
    for (epoch, version) in [(0, 0), (1, 1)] {
        let error = refused(&store, by("two", commit(&id, epoch, version))).await;
        assert!(matches!(error, CommitError::Fenced { .. }), "{error:?}");
    }
    taken(&store, by("one", commit(&id, 1, 1))).await;
    let record = store.record(&id).await.expect("readable").expect("made");
    assert_eq!((record.version, record.owner), (2, silo("one")));
}

pub async fn a_living_owner_keeps_its_actor(store: AnyStore) {
    let id = actor("a");
    let made = Commit {
        owner: silo("silo.3"),
        ..commit(&id, 0, 0)
    };
    taken(&store, made).await;
    let members = |generation, live: &[&str]| Members {
        generation,
        live: live.iter().map(|name| silo(name)).collect(),
        released: None,
    };
    let before = store.record(&id).await;
    // It is among the living, or so new that the view does not know of it.
    for view in [members(9, &["silo.3", "silo.4"]), members(2, &["silo.4"])] {
        let moved = store.open(&id, &silo("silo.4"), &view).await;
        let owner = silo("silo.3");
        assert_eq!(moved, Ok(Opened::Moved { owner, epoch: 1 }));
        assert_eq!(store.record(&id).await, before, "nothing was changed");
    }
    let commit = |epoch, version| Commit {
        owner: silo("silo.3"),
        ..commit(&id, epoch, version)
    };
    taken(&store, commit(1, 1)).await;
    // Its own it may open, whatever a view says.
    let own = store.open(&id, &silo("silo.3"), &members(9, &[])).await;
    assert!(matches!(own, Ok(Opened::Opened(_))));
    taken(&store, commit(2, 2)).await;
    // It is dead: not among the living, of a generation that the view knows.
    let view = members(4, &["silo.4"]);
    let taken_over = store.open(&id, &silo("silo.4"), &view).await;
    let Ok(Opened::Opened(stored)) = taken_over else {
        panic!("{taken_over:?}");
    };
    let record = stored.record;
    assert_eq!((record.epoch, record.version), (3, 3));
    assert_eq!(record.owner, silo("silo.4"));
}

pub async fn an_actor_is_taken_from_a_living_owner_only_under_the_epoch_that_it_released(
    store: AnyStore,
) {
    let id = actor("a");
    let by = |name: &str, epoch, version| Commit {
        owner: silo(name),
        ..commit(&id, epoch, version)
    };
    taken(&store, by("silo.3", 0, 0)).await;
    let releasing = |name: &str, epoch| Members {
        generation: 9,
        live: ["silo.3", "silo.4"].map(silo).into(),
        released: Some((silo(name), epoch)),
    };
    // Another one has said so, or of another opening: the owner may have it in memory.
    let own = store
        .open(&id, &silo("silo.3"), &releasing("silo.3", 1))
        .await;
    assert!(matches!(own, Ok(Opened::Opened(_))));
    for view in [releasing("silo.4", 2), releasing("silo.3", 1)] {
        let moved = store.open(&id, &silo("silo.4"), &view).await;
        let owner = silo("silo.3");
        assert_eq!(moved, Ok(Opened::Moved { owner, epoch: 2 }), "{view:?}");
    }
    let opened = store
        .open(&id, &silo("silo.4"), &releasing("silo.3", 2))
        .await;
    let Ok(Opened::Opened(stored)) = opened else {
        panic!("{opened:?}");
    };
    assert_eq!(
        (stored.record.epoch, stored.record.owner),
        (3, silo("silo.4"))
    );
    let late = refused(&store, by("silo.3", 2, 1)).await;
    assert!(matches!(late, CommitError::Fenced { .. }), "{late:?}");
    taken(&store, by("silo.4", 3, 1)).await;
}

pub async fn epochs_rise_by_one_and_owners_follow(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 0, 0)).await;
    for (epoch, owner) in (2..).zip(["one", "two", "two", "three"]) {
        let found = opened(&store, &id, owner).await.record;
        assert_eq!(found.epoch, epoch);
        assert_eq!((found.version, found.owner), (1, silo(owner)));
        let record = store.record(&id).await.expect("readable");
        assert_eq!(record.expect("opened").epoch, epoch);
    }
    taken(&store, commit(&actor("b"), 0, 0)).await;
    let other = opened(&store, &actor("b"), "one").await;
    assert_eq!(other.record.epoch, 2, "epochs are the actor's own");
}

pub async fn of_many_who_open_only_the_last_commits(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 0, 0)).await;
    let mut opening = Vec::new();
    for number in 0..8 {
        let (store, id) = (store.clone(), id.clone());
        opening.push(tokio::spawn(async move {
            opened(&store, &id, &format!("silo-{number}")).await.record
        }));
    }
    let mut records = Vec::new();
    for opened in opening {
        records.push(opened.await.expect("no panic"));
    }
    records.sort_unstable_by_key(|record| record.epoch);
    let epochs: Vec<_> = records.iter().map(|record| record.epoch).collect();
    let expected: Vec<_> = (2..=9).collect();
    assert_eq!(epochs, expected, "each opening is one epoch");
    let (last, before) = records.split_last().expect("eight");
    for record in before {
        let fenced = CommitError::Fenced {
            ours: record.epoch,
            current: 9,
        };
        let late = by(&record.owner.0, commit(&id, record.epoch, 1));
        assert_eq!(refused(&store, late).await, fenced);
    }
    taken(&store, by(&last.owner.0, commit(&id, 9, 1))).await;
}

pub async fn a_version_commits_once(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 1, 0)).await;
    for (ours, current) in [(2, 1), (u64::MAX, 1)] {
        let stale = CommitError::Stale { ours, current };
        assert_eq!(refused(&store, commit(&id, 1, ours)).await, stale);
    }
    taken(&store, commit(&id, 1, 1)).await;
    let again = CommitError::Stale {
        ours: 1,
        current: 2,
    };
    assert_eq!(refused(&store, commit(&id, 1, 1)).await, again);
    let record = store.record(&id).await.expect("readable");
    assert_eq!(record.expect("made").version, 2);
}

/// Whoever runs a message again hears in the commit what it was answered, also when another
/// has the actor by now.
pub async fn a_message_is_handled_once(store: AnyStore) {
    let id = actor("a");
    let saying = |answer: &str, epoch, version| Commit {
        handled: Some(handled("once", answer)),
        state: pizza_types::StateWrite::Set(state(answer)),
        ..full(&id, epoch, version)
    };
    taken(&store, saying("first", 1, 0)).await;
    let before = store.record(&id).await.expect("readable");
    let first = CommitError::Handled(Box::new(handled("once", "first").reply));
    assert_eq!(refused(&store, saying("second", 1, 1)).await, first);
    assert_eq!(store.record(&id).await.expect("readable"), before);
    assert_eq!(store.stream_head("stream", "key").await, Ok(1));
    opened(&store, &id, "two").await;
    // By one who is fenced, who is ahead, and who saw no record.
    for (epoch, version) in [(1, 1), (2, 9), (0, 0)] {
        let found = refused(&store, saying("late", epoch, version)).await;
        assert_eq!(found, first, "epoch {epoch}, version {version}");
    }
    taken(&store, by("two", commit(&id, 2, 1))).await;
    let reply = store.handled(&id, message("once")).await;
    let reply = reply.expect("readable").expect("handled");
    assert_eq!(reply.reply, bytes("first"));
}

/// A repeat may be queued behind the first, which is not durable yet.
pub async fn a_message_that_is_queued_is_handled_once_too(store: AnyStore) {
    let id = actor("a");
    let saying = |answer: &str, version| Commit {
        handled: Some(handled("once", answer)),
        ..commit(&id, 1, version)
    };
    let first = queue(&store, saying("first", 0));
    let second = queue(&store, saying("second", 1));
    let behind = queue(&store, commit(&id, 1, 2));
    first.await.expect("taken");
    let earlier = CommitError::Handled(Box::new(handled("once", "first").reply));
    assert_eq!(second.await.expect_err("a repeat"), earlier);
    // It ran on the outcome of a turn that never was.
    let stale = CommitError::Stale {
        ours: 2,
        current: 1,
    };
    assert_eq!(behind.await.expect_err("refused"), stale);
    taken(&store, commit(&id, 1, 1)).await;
}

/// Whoever did not hear of a commit sends it again as it is, and hears what became of it.
pub async fn a_commit_sent_again_settles_itself(store: AnyStore) {
    let id = actor("a");
    let unnamed = |epoch, version| Commit {
        handled: None,
        ..full(&id, epoch, version)
    };
    let first = std::sync::Arc::new(unnamed(0, 0));
    let second = std::sync::Arc::new(unnamed(1, 1));
    let third = std::sync::Arc::new(full(&id, 1, 2));
    for commit in [&first, &second, &third] {
        store.commit(commit.clone()).await.expect("taken");
    }
    let before = store.record(&id).await.expect("readable");
    let owner_is_first = CommitError::Fenced {
        ours: 0,
        current: 1,
    };
    let passed = CommitError::Stale {
        ours: 1,
        current: 3,
    };
    let handled = CommitError::Handled(Box::new(handled("message-2", "answer").reply));
    for (commit, expected) in [(first, owner_is_first), (second, passed), (third, handled)] {
        let again = store.commit(commit).await;
        assert_eq!(again.expect_err("not taken twice"), expected);
    }
    assert_eq!(store.record(&id).await.expect("readable"), before);
    super::fixture::relay(&store).await;
    assert_eq!(store.stream_head("stream", "key").await, Ok(3));
}
