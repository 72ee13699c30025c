//! What the tests are made of.

use std::sync::Arc;

use bytes::Bytes;
use pizza_store::{
    Commit, CommitError, EndWrite, Handled, Leaving, NewEvent, Store, StoredReply, StreamKey,
};
use pizza_store_redis::{Options, RedisStore};
use pizza_types::{ActorId, EntryWrite, MessageId, SHARDS, ShardId, SiloId, StateWrite};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) const NOW_MS: u64 = 1_700_000_000_000;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

pub(crate) type Alone = MutexGuard<'static, ()>;

pub(crate) async fn alone() -> Alone {
    ONE_AT_A_TIME.lock().await
}

pub(crate) fn options(url: &str) -> Options {
    Options {
        may_forget: true,
        ..Options::at(url)
    }
}

pub(crate) async fn connected(url: &str) -> Arc<RedisStore> {
    let store = RedisStore::connect(&options(url)).await;
    Arc::new(store.expect("connected"))
}

/// The first actors of a shard.
pub(crate) fn actors_of(shard: ShardId, count: usize) -> Vec<ActorId> {
    let all = (0..).map(|number| actor(&format!("a-{number}")));
    all.filter(|actor| actor.shard() == shard)
        .take(count)
        .collect()
}

/// One actor in every so many shards.
pub(crate) fn actors_of_every(step: usize) -> Vec<ActorId> {
    let shards = (0..SHARDS).step_by(step).map(ShardId);
    shards.flat_map(|shard| actors_of(shard, 1)).collect()
}

pub(crate) fn actor(key: &str) -> ActorId {
    ActorId::new("meter", key).expect("a legal key")
}

pub(crate) fn owner() -> SiloId {
    SiloId("one".into())
}

/// A commit on a version of an actor that was made here. What it writes beside depends on the version:
/// a message that was handled, something that leaves, that the actor has not ended, or nothing.
pub(crate) fn commit(actor: &ActorId, version: u64) -> Arc<Commit> {
    let entry = EntryWrite {
        name: "version".into(),
        bytes: Some(Bytes::from((version + 1).to_string())),
    };
    let handled = version.is_multiple_of(2).then(|| handled(actor, version));
    Arc::new(Commit {
        actor: actor.clone(),
        owner: owner(),
        epoch: u64::from(version > 0),
        version,
        now_ms: NOW_MS,
        module: None,
        state: StateWrite::Keep,
        entries: vec![entry],
        handled,
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: leaving(version),
        cursor: None,
        ending: match version % 3 {
            1 => EndWrite::Clear,
            _ => EndWrite::Keep,
        },
    })
}

fn handled(actor: &ActorId, version: u64) -> Handled {
    let name = format!("{actor} {version}");
    Handled {
        id: MessageId::derive("test", &[name.as_bytes()]),
        reply: StoredReply {
            fingerprint: [7; 16],
            reply: Bytes::from_static(b"answer"),
            declined: false,
            expires_at_ms: NOW_MS + 1_000,
            title: "method".into(),
            caller: None,
            trace: None,
        },
    }
}

fn leaving(version: u64) -> Leaving {
    let event = || NewEvent {
        keys: vec![StreamKey {
            stream: "stream".into(),
            key: "key".into(),
        }],
        payload: Bytes::from(version.to_string()),
    };
    Leaving {
        messages: Vec::new(),
        events: if leaves(version) {
            vec![event()]
        } else {
            Vec::new()
        },
    }
}

/// Whether a commit on this version leaves an entry in the log.
pub(crate) fn leaves(version: u64) -> bool {
    version.is_multiple_of(5)
}

/// What is known of a commit in the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It is there.
    Done,
    /// It is not, and may be tried again.
    NotTaken(String),
    Unknown(String),
}

/// Settles a commit as its owner does (`host/runtime/src/in_doubt.rs`): one whose answer was lost is
/// sent again, which tells what became of it.
///
/// # Panics
/// When a commit is refused that was to be taken.
pub(crate) async fn settle(
    store: &dyn Store,
    commit: &Arc<Commit>,
    first: Result<(), CommitError>,
) -> Settled {
    let (mut outcome, mut is_in_doubt) = (first, false);
    let mut detail = String::new();
    for _ in 0..6 {
        match outcome {
            Ok(()) => return Settled::Done,
            Err(CommitError::Unknown { detail: lost }) => {
                (is_in_doubt, detail) = (true, lost);
            }
            Err(CommitError::Refused { detail: refused }) if is_in_doubt => detail = refused,
            Err(CommitError::Refused { detail }) => return Settled::NotTaken(detail),
            // Made by nobody else, so this very commit has passed.
            Err(CommitError::Stale { ours, current }) if is_in_doubt && current == ours + 1 => {
                return Settled::Done;
            }
            Err(CommitError::Handled(_)) if is_in_doubt => return Settled::Done,
            Err(CommitError::Fenced { .. }) if is_in_doubt && commit.epoch == 0 => {
                return Settled::Done;
            }
            Err(wrong) => panic!("a wrong refusal of {:?}: {wrong:?}", commit.version),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        outcome = store.commit(Arc::clone(commit)).await.map(drop);
    }
    Settled::Unknown(detail)
}

/// How many commits of an actor are there: each of them once, and what they left in their order.
pub(crate) async fn check(store: &dyn Store, actor: &ActorId) -> u64 {
    let record = store.record(actor).await.expect("readable").expect("made");
    let log = store.log(actor.shard(), 0, 1_000_000).await;
    let log = log.expect("readable").into_iter();
    let left: Vec<u64> = log
        .filter(|entry| entry.actor == *actor)
        .map(|entry| entry.version - 1)
        .collect();
    let expected: Vec<u64> = (0..record.version).filter(|v| leaves(*v)).collect();
    assert_eq!(left, expected, "what {actor} left");
    record.version
}
