//! Small pieces that the properties are made of.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{
    ActorId, Body, Chain, EntryWrite, Envelope, MessageId, MissedPolicy, ShardSet, SiloId, State,
    StateWrite,
};

use crate::actors::{Opened, StoredActor};
use crate::commit::{
    Commit, CommitError, CommitTicket, Committed, Cursor, DelayedWrite, Handled, ReminderWrite,
};
use crate::log::{Leaving, NewEvent, StreamKey};
use crate::members::Members;
use crate::reminders::Reminder;
use crate::reply::StoredReply;
use crate::retire::EndWrite;
use crate::store::Store;

pub(super) const NOW_MS: u64 = 1_700_000_000_000;

pub(super) type AnyStore = Arc<dyn Store>;

pub(super) fn actor(key: &str) -> ActorId {
    ActorId::new("meter", key).expect("a legal key")
}

pub(super) fn silo(name: &str) -> SiloId {
    SiloId(Arc::from(name))
}

/// Opens an actor that has a record, as a silo that takes everybody else for dead.
pub(super) async fn opened(store: &AnyStore, actor: &ActorId, by: &str) -> StoredActor {
    let by = silo(by);
    let opened = store.open(actor, &by, &Members::alone(&by)).await;
    match opened.expect("an actor is opened") {
        Opened::Opened(stored) => *stored,
        other => panic!("{actor}: {other:?}"),
    }
}

/// A commit that changes nothing but the version. The one on version 0 makes the record, so it
/// has no epoch yet.
pub(super) fn commit(actor: &ActorId, epoch: u64, version: u64) -> Commit {
    Commit {
        actor: actor.clone(),
        owner: silo("one"),
        epoch: if version == 0 { 0 } else { epoch },
        version,
        now_ms: NOW_MS,
        module: None,
        state: StateWrite::Keep,
        entries: Vec::new(),
        handled: None,
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving::default(),
        cursor: None,
        ending: EndWrite::Keep,
    }
}

/// A commit of another owner than usual.
pub(super) fn by(owner: &str, commit: Commit) -> Commit {
    let owner = silo(owner);
    Commit { owner, ..commit }
}

/// One row of every kind. The message that is handled is named after the version.
pub(super) fn full(actor: &ActorId, epoch: u64, version: u64) -> Commit {
    Commit {
        state: StateWrite::Set(state("all")),
        entries: vec![entry("entry", Some("value"))],
        handled: Some(handled(&format!("message-{version}"), "answer")),
        reminders: vec![reminder("reminder", Some(NOW_MS + 1))],
        delayed: vec![delayed(0)],
        leaving: Leaving {
            messages: vec![envelope("sent")],
            events: vec![event("stream", "key", "payload")],
        },
        cursor: Some(cursor(actor, 7)),
        ..commit(actor, epoch, version)
    }
}

/// Nothing but events leaves.
pub(super) fn events(events: Vec<NewEvent>) -> Leaving {
    Leaving {
        messages: Vec::new(),
        events,
    }
}

/// An actor's own: a commit writes no other.
pub(super) fn cursor(actor: &ActorId, position: u64) -> Cursor {
    Cursor {
        subscriber: Arc::clone(actor.actor_type()),
        stream: Arc::from("given"),
        key: Arc::clone(actor.key()),
        position,
    }
}

pub(super) fn queue(store: &AnyStore, commit: Commit) -> CommitTicket {
    store.commit(Arc::new(commit))
}

/// Commits, and has what leaves appended to its streams.
pub(super) async fn taken(store: &AnyStore, commit: Commit) -> Committed {
    let committed = queue(store, commit).await.expect("a commit is taken");
    assert_eq!(committed.durability, store.durability());
    relay(store).await;
    committed
}

/// What a guardian of all shards does with the events of the log, all of it once more each time.
pub(super) async fn relay(store: &AnyStore) {
    for shard in store.log_shards(&ShardSet::ALL).await.expect("readable") {
        let entries = store.log(shard, 0, usize::MAX).await.expect("readable");
        store.relay(&entries).await.expect("relayed");
    }
}

pub(super) async fn refused(store: &AnyStore, commit: Commit) -> CommitError {
    let outcome = queue(store, commit).await;
    outcome.expect_err("a commit is refused")
}

pub(super) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub(super) fn state(text: &str) -> State {
    State {
        schema: 1,
        bytes: bytes(text),
    }
}

pub(super) fn entry(name: &str, text: Option<&str>) -> EntryWrite {
    EntryWrite {
        name: Arc::from(name),
        bytes: text.map(bytes),
    }
}

pub(super) fn message(name: &str) -> MessageId {
    MessageId::derive("contract", &[name.as_bytes()])
}

pub(super) fn handled(name: &str, answer: &str) -> Handled {
    let reply = StoredReply {
        fingerprint: [7; 16],
        reply: bytes(answer),
        declined: false,
        expires_at_ms: NOW_MS + 1000,
        title: Arc::from("method"),
        caller: Some(actor("caller")),
        trace: Some(Arc::from("trace")),
    };
    Handled {
        id: message(name),
        reply,
    }
}

pub(super) fn envelope(name: &str) -> Envelope {
    Envelope {
        target: actor("target"),
        body: Body::Call {
            method: Arc::from("method"),
            arguments: bytes("{}"),
        },
        id: message(name),
        deadline_ms: NOW_MS + 30_000,
        chain: Chain::default().extended(actor("waiting")),
        caller: Some(actor("caller")),
        trace: Some(Arc::from("trace")),
    }
}

pub(super) fn delayed(index: u32) -> DelayedWrite {
    DelayedWrite {
        index,
        not_before_ms: NOW_MS + u64::from(index),
        envelope: envelope(&format!("sent-{index}")),
    }
}

pub(super) fn reminder(name: &str, due_ms: Option<u64>) -> ReminderWrite {
    ReminderWrite {
        name: Arc::from(name),
        reminder: due_ms.map(|due_ms| Reminder {
            version: 1,
            due_ms,
            period_ms: Some(60_000),
            policy: MissedPolicy::Last,
        }),
    }
}

pub(super) fn event(stream: &str, key: &str, payload: &str) -> NewEvent {
    NewEvent {
        keys: vec![stream_key(stream, key)],
        payload: bytes(payload),
    }
}

pub(super) fn stream_key(stream: &str, key: &str) -> StreamKey {
    StreamKey {
        stream: Arc::from(stream),
        key: Arc::from(key),
    }
}
