//! Small pieces that the properties are made of.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{
    ActorId, Body, Chain, EntryWrite, Envelope, MessageId, MissedPolicy, SiloId, State, StateWrite,
};

use crate::commit::{
    Commit, CommitError, Committed, Cursor, Handled, NewEvent, OutboxWrite, ReminderWrite,
};
use crate::row::{Claimed, Reminder};
use crate::store::Store;

pub(super) const NOW_MS: u64 = 1_700_000_000_000;

pub(super) type AnyStore = Arc<dyn Store>;

pub(super) fn actor(key: &str) -> ActorId {
    ActorId::new("meter", key).expect("a legal key")
}

pub(super) fn silo(name: &str) -> SiloId {
    SiloId(Arc::from(name))
}

pub(super) async fn claim(store: &AnyStore, actor: &ActorId, owner: &str) -> Claimed {
    let claimed = store.claim(actor, &silo(owner)).await;
    claimed.expect("a claim is taken")
}

/// A commit that changes nothing but the version.
pub(super) fn commit(actor: &ActorId, epoch: u64, version: u64) -> Commit {
    Commit {
        actor: actor.clone(),
        owner: silo("one"),
        epoch,
        version,
        now_ms: NOW_MS,
        module: None,
        state: StateWrite::Keep,
        entries: Vec::new(),
        handled: None,
        outbox: Vec::new(),
        reminders: Vec::new(),
        events: Vec::new(),
        cursor: None,
    }
}

/// One row of every kind.
pub(super) fn full(actor: &ActorId, epoch: u64, version: u64) -> Commit {
    Commit {
        state: StateWrite::Set(state("all")),
        entries: vec![entry("entry", Some("value"))],
        handled: Some(handled("message", "answer")),
        outbox: vec![outbox(0)],
        reminders: vec![reminder("reminder", Some(NOW_MS + 1))],
        events: vec![event("stream", "key", "payload")],
        cursor: Some(cursor(7)),
        ..commit(actor, epoch, version)
    }
}

pub(super) fn cursor(position: u64) -> Cursor {
    Cursor {
        subscriber: Arc::from("meter"),
        stream: Arc::from("given"),
        key: Arc::from("key"),
        position,
    }
}

pub(super) async fn taken(store: &AnyStore, commit: Commit) -> Committed {
    let committed = store.commit(commit).await.expect("a commit is taken");
    assert_eq!(committed.durability, store.durability());
    committed
}

pub(super) async fn refused(store: &AnyStore, commit: Commit) -> CommitError {
    let outcome = store.commit(commit).await;
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
    Handled {
        id: message(name),
        fingerprint: [7; 16],
        reply: bytes(answer),
        declined: false,
        expires_at_ms: NOW_MS + 1000,
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

pub(super) fn outbox(index: u32) -> OutboxWrite {
    OutboxWrite {
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
        stream: Arc::from(stream),
        key: Arc::from(key),
        payload: bytes(payload),
    }
}
