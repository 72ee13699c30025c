//! Actors that have ended leave whole, and no life of theirs comes back.

use pizza_types::{ActorId, ShardSet, StateWrite};

use super::fixture::{
    AnyStore, NOW_MS, actor, commit, entry, full, handled, message, opened, queue, refused, silo,
    state, taken,
};
use crate::actors::Opened;
use crate::commit::{Commit, CommitError};
use crate::members::Members;
use crate::reminders::DueAfter;
use crate::retire::{EndWrite, EndedActor, EndedAfter, Retirement};

const ENDED_MS: u64 = NOW_MS + 5;
const RETIRED_MS: u64 = NOW_MS + 90;

fn ending(actor: &ActorId, epoch: u64, version: u64, ended_ms: u64) -> Commit {
    Commit {
        ending: EndWrite::Set(ended_ms),
        ..full(actor, epoch, version)
    }
}

async fn ended(store: &AnyStore, until_ms: u64) -> Vec<EndedActor> {
    let start = EndedAfter::default();
    let ended = store
        .ended(&ShardSet::ALL, "meter", &start, until_ms, 100)
        .await;
    ended.expect("readable")
}

fn retirement(actor: &ActorId, version: u64) -> Retirement {
    Retirement {
        actor: actor.clone(),
        version,
        now_ms: RETIRED_MS,
    }
}

async fn retire(store: &AnyStore, actor: &ActorId, version: u64) -> bool {
    let retired = store.retire(vec![retirement(actor, version)]).await;
    retired.expect("written") == [true]
}

/// Makes an actor that ends with its first commit, and retires it.
async fn live_and_die(store: &AnyStore, actor: &ActorId) {
    let epoch = match open(store, actor).await {
        Opened::Absent { epoch } => epoch,
        other => panic!("{actor}: {other:?}"),
    };
    taken(store, ending(actor, epoch, 0, ENDED_MS)).await;
    assert!(retire(store, actor, 1).await);
}

async fn open(store: &AnyStore, actor: &ActorId) -> Opened {
    let by = silo("one");
    let opened = store.open(actor, &by, &Members::alone(&by)).await;
    opened.expect("asked")
}

/// Another actor of the same shard.
fn neighbour(of: &ActorId) -> ActorId {
    let mut others = (0..).map(|number| actor(&format!("neighbour-{number}")));
    let found = others.find(|other| other.shard() == of.shard());
    found.expect("there are 1,024 shards")
}

pub async fn an_actor_is_ended_until_it_says_otherwise(store: AnyStore) {
    let id = actor("a");
    taken(&store, full(&id, 1, 0)).await;
    assert_eq!(ended(&store, u64::MAX).await, []);
    taken(&store, ending(&id, 1, 1, ENDED_MS)).await;
    let found = |at_ms| {
        let (actor, ended_ms) = (id.clone(), at_ms);
        vec![EndedActor { actor, ended_ms }]
    };
    assert_eq!(ended(&store, ENDED_MS).await, found(ENDED_MS));
    assert_eq!(ended(&store, ENDED_MS - 1).await, [], "it is too early");
    let record = opened(&store, &id, "one").await.record;
    assert_eq!(record.ended_ms, Some(ENDED_MS));
    // A commit that says nothing of it leaves it as it is.
    taken(&store, commit(&id, 2, 2)).await;
    assert_eq!(ended(&store, u64::MAX).await, found(ENDED_MS));
    taken(&store, ending(&id, 2, 3, ENDED_MS + 7)).await;
    assert_eq!(ended(&store, u64::MAX).await, found(ENDED_MS + 7), "once");
    let lives = Commit {
        ending: EndWrite::Clear,
        ..commit(&id, 2, 4)
    };
    taken(&store, lives).await;
    assert_eq!(ended(&store, u64::MAX).await, []);
    let record = store.record(&id).await.expect("readable").expect("there");
    assert_eq!(record.ended_ms, None);
    assert!(!retire(&store, &id, 5).await, "it lives");
}

pub async fn ended_actors_are_read_by_type_and_time(store: AnyStore) {
    let ends = [3, 1, 2, 2, 5, 4];
    for (number, after_ms) in ends.into_iter().enumerate() {
        let id = actor(&format!("a-{number}"));
        taken(&store, ending(&id, 1, 0, NOW_MS + after_ms)).await;
    }
    let other = ActorId::new("meters", "a-0").expect("legal");
    taken(&store, ending(&other, 1, 0, NOW_MS)).await;
    let all = ended(&store, NOW_MS + 4).await;
    let times: Vec<_> = all.iter().map(|row| row.ended_ms - NOW_MS).collect();
    assert_eq!(times, [1, 2, 2, 3, 4]);
    let (mut after, mut pages) = (EndedAfter::default(), Vec::new());
    loop {
        let page = store
            .ended(&ShardSet::ALL, "meter", &after, NOW_MS + 4, 2)
            .await;
        let page = page.expect("readable");
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = last.place();
        pages.extend(page);
        assert!(pages.len() <= all.len(), "each is read once");
    }
    assert_eq!(pages, all);
    let from = EndedAfter {
        ended_ms: NOW_MS + 3,
        last: None,
    };
    let rest = store
        .ended(&ShardSet::ALL, "meter", &from, u64::MAX, 100)
        .await;
    assert_eq!(rest.expect("readable").len(), 3, "with those of that time");
}

pub async fn a_retired_actor_leaves_whole(store: AnyStore) {
    let (id, stays) = (actor("a"), actor("b"));
    for id in [&id, &stays] {
        let more = Commit {
            entries: vec![entry("x", Some("1")), entry("y", Some("2"))],
            ..ending(id, 1, 0, ENDED_MS)
        };
        taken(&store, more).await;
    }
    assert!(retire(&store, &id, 1).await);
    assert_eq!(store.record(&id).await, Ok(None));
    assert_eq!(store.copy(&id).await, Ok(None));
    let keys = store.actors("meter", None, 100).await.expect("readable");
    assert_eq!(keys, [std::sync::Arc::clone(stays.key())]);
    let start = DueAfter::default();
    let due = store
        .reminders_due(&ShardSet::ALL, &start, u64::MAX, 100)
        .await;
    let due = due.expect("readable");
    let owners: Vec<_> = due.into_iter().map(|due| due.actor).collect();
    assert_eq!(owners, std::slice::from_ref(&stays));
    let delayed = store
        .delayed(&ShardSet::ALL, None, 100)
        .await
        .expect("readable");
    let senders: Vec<_> = delayed.into_iter().map(|row| row.key.actor).collect();
    assert_eq!(senders, std::slice::from_ref(&stays));
    let left = ended(&store, u64::MAX).await;
    assert_eq!(left.len(), 1, "{left:?}");
    // What has left it is on its way, and what it has handled stays for its time.
    let log = store.log(id.shard(), 0, 100).await.expect("readable");
    assert!(log.iter().any(|entry| entry.actor == id));
    let known = store.handled(&id, message("message-0")).await;
    assert!(known.expect("readable").is_some());
    // Nothing of it is in the way of another life.
    assert_eq!(
        store.forget_retired(&ShardSet::ALL, RETIRED_MS, 100).await,
        Ok(1)
    );
    let again = Commit {
        state: StateWrite::Set(state("again")),
        ..commit(&id, 0, 0)
    };
    taken(&store, again).await;
    let stored = opened(&store, &id, "one").await;
    assert_eq!((stored.entries.len(), stored.reminders.len()), (0, 0));
    let stored = opened(&store, &stays, "one").await;
    assert_eq!((stored.entries.len(), stored.reminders.len()), (2, 1));
}

pub async fn only_what_was_seen_is_retired(store: AnyStore) {
    let (id, other) = (actor("a"), actor("b"));
    taken(&store, ending(&id, 1, 0, ENDED_MS)).await;
    taken(&store, ending(&other, 1, 0, ENDED_MS)).await;
    // It has committed since it was seen, ended or not.
    taken(&store, commit(&id, 1, 1)).await;
    assert!(!retire(&store, &id, 1).await);
    assert!(!retire(&store, &actor("nobody"), 0).await);
    let stored = opened(&store, &id, "one").await;
    assert_eq!((stored.record.version, stored.entries.len()), (2, 1));
    // Each by itself, also of those that are retired together.
    let both = vec![retirement(&id, 1), retirement(&other, 1)];
    assert_eq!(store.retire(both).await, Ok(vec![false, true]));
    assert_eq!(store.retired(&id).await, Ok(None));
    assert_eq!(store.retired(&other).await, Ok(Some(RETIRED_MS)));
    assert!(retire(&store, &id, 2).await, "to open it is no commit");
}

pub async fn a_retired_actor_says_so(store: AnyStore) {
    let id = actor("a");
    live_and_die(&store, &id).await;
    let at_ms = RETIRED_MS;
    assert_eq!(open(&store, &id).await, Opened::Retired { at_ms });
    assert_eq!(store.retired(&id).await, Ok(Some(at_ms)));
    let first = refused(&store, commit(&id, 0, 0)).await;
    assert_eq!(first, CommitError::Retired { at_ms });
    // A repeat has its answer all the same.
    let repeat = Commit {
        handled: Some(handled("message-0", "another")),
        ..commit(&id, 0, 0)
    };
    let CommitError::Handled(before) = refused(&store, repeat).await else {
        panic!("it was handled in the life before");
    };
    assert_eq!(&before.reply[..], b"answer");
    assert!(!retire(&store, &id, 1).await, "there is nothing to retire");
}

pub async fn tombstones_are_forgotten_in_their_order(store: AnyStore) {
    for (key, at_ms) in [("a", 3), ("b", 1), ("c", 2)] {
        let id = actor(key);
        taken(&store, ending(&id, 1, 0, ENDED_MS)).await;
        let of = Retirement {
            now_ms: RETIRED_MS + at_ms,
            ..retirement(&id, 1)
        };
        assert_eq!(store.retire(vec![of]).await, Ok(vec![true]));
    }
    let until_ms = RETIRED_MS + 2;
    assert_eq!(
        store.forget_retired(&ShardSet::ALL, RETIRED_MS, 100).await,
        Ok(0)
    );
    assert_eq!(
        store.forget_retired(&ShardSet::ALL, until_ms, 1).await,
        Ok(1)
    );
    assert_eq!(store.retired(&actor("b")).await, Ok(None), "the oldest");
    assert_eq!(
        store.forget_retired(&ShardSet::ALL, until_ms, 100).await,
        Ok(1)
    );
    assert_eq!(store.retired(&actor("c")).await, Ok(None));
    assert_eq!(
        store.retired(&actor("a")).await,
        Ok(Some(RETIRED_MS + 3)),
        "not its time"
    );
    assert_eq!(
        ended(&store, u64::MAX).await,
        [],
        "they are no ended actors"
    );
}

/// A silo of many looks for them in what it guards, and in the worst case that is one shard.
pub async fn those_of_one_shard_are_found_and_forgotten(store: AnyStore) {
    let ids = ["a", "b", "c"].map(actor);
    for id in &ids {
        taken(&store, ending(id, 1, 0, ENDED_MS)).await;
    }
    for id in &ids {
        let shard = ShardSet::one(id.shard());
        let start = EndedAfter::default();
        let found = store.ended(&shard, "meter", &start, u64::MAX, 100).await;
        let found = found.expect("readable");
        assert!(found.iter().any(|row| row.actor == *id), "{id}: {found:?}");
        assert!(retire(&store, id, 1).await);
    }
    for id in &ids {
        let shard = ShardSet::one(id.shard());
        let gone = store.forget_retired(&shard, RETIRED_MS, 100).await;
        gone.expect("written");
        assert_eq!(store.retired(id).await, Ok(None), "{id}");
    }
}

pub async fn no_commit_of_a_former_life_is_taken(store: AnyStore) {
    let id = actor("a");
    taken(&store, full(&id, 1, 0)).await;
    // Opened again and again: the epoch that must not come back is a high one.
    for _ in 0..3 {
        opened(&store, &id, "one").await;
    }
    taken(&store, ending(&id, 4, 1, ENDED_MS)).await;
    assert!(retire(&store, &id, 2).await);
    let zombie = |version| commit(&id, 4, version);
    queue(&store, zombie(2)).await.expect_err("it is retired");
    assert_eq!(
        store.forget_retired(&ShardSet::ALL, RETIRED_MS, 100).await,
        Ok(1)
    );
    queue(&store, zombie(2))
        .await
        .expect_err("it has no record");

    let other = neighbour(&id);
    for id in [&id, &other] {
        assert_eq!(open(&store, id).await, Opened::Absent { epoch: 5 });
        taken(&store, commit(id, 0, 0)).await;
        taken(&store, commit(id, 5, 1)).await;
    }
    let fenced = CommitError::Fenced {
        ours: 4,
        current: 5,
    };
    assert_eq!(refused(&store, zombie(2)).await, fenced);
    let record = store.record(&id).await.expect("readable").expect("made");
    assert_eq!((record.epoch, record.version), (5, 2));
}

pub async fn a_message_of_a_former_life_is_not_handled_again(store: AnyStore) {
    let id = actor("a");
    live_and_die(&store, &id).await;
    assert_eq!(
        store.forget_retired(&ShardSet::ALL, RETIRED_MS, 100).await,
        Ok(1)
    );
    // `full` handles the same message in its first commit.
    let repeat = refused(&store, full(&id, 0, 0)).await;
    assert!(matches!(repeat, CommitError::Handled(_)), "{repeat:?}");
    assert_eq!(store.record(&id).await, Ok(None), "nor does it live again");
}
