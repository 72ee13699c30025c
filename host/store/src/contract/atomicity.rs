//! All of a commit or none of it.

use std::sync::Arc;

use pizza_types::ModuleDigest;

use super::fixture::{
    AnyStore, NOW_MS, actor, bytes, claim, entry, envelope, event, full, message, refused,
    reminder, state, taken,
};
use crate::apply::{NAME_BYTES_MAX, outbox_key};
use crate::commit::{Commit, CommitError};

pub async fn a_commit_writes_everything(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    let module = Some(ModuleDigest::of(b"module"));
    let with_module = Commit {
        module,
        ..full(&id, 1, 0)
    };
    let committed = taken(&store, with_module).await;
    assert_eq!(committed.positions, [1]);

    let record = store.record(&id).await.expect("readable").expect("claimed");
    assert_eq!(record.state, Some(state("all")));
    assert_eq!(
        (record.version, record.epoch, record.module),
        (1, 1, module)
    );
    let reply = store.handled(&id, message("message")).await;
    let reply = reply.expect("readable").expect("handled");
    assert_eq!((reply.reply, reply.fingerprint), (bytes("answer"), [7; 16]));
    let rows = store.outbox(id.shard(), None, 10).await.expect("readable");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].key, outbox_key(&id, 1, 0));
    let (found, sent) = (&rows[0].envelope, envelope("sent-0"));
    assert_eq!((found.id, found.deadline_ms), (sent.id, sent.deadline_ms));
    assert_eq!(found.body.fingerprint(), sent.body.fingerprint());
    assert_eq!((&found.target, &found.caller), (&sent.target, &sent.caller));
    assert!(found.chain.contains(&actor("waiting")));
    let due = store.reminders_due(NOW_MS + 1, 10).await.expect("readable");
    assert_eq!(
        (due.len(), &due[0].actor, &*due[0].name),
        (1, &id, "reminder")
    );
    assert_eq!(
        Some(&due[0].reminder),
        reminder("", Some(NOW_MS + 1)).reminder.as_ref()
    );
    let events = store
        .events("stream", "key", 0, 10)
        .await
        .expect("readable");
    assert_eq!((events.len(), &events[0].payload), (1, &bytes("payload")));
    assert_eq!((events[0].position, events[0].at_ms), (1, NOW_MS));
    assert_eq!(store.cursor("meter", "given", "key").await, Ok(7));

    let claimed = claim(&store, &id, "two").await;
    assert_eq!(claimed.record.state, Some(state("all")));
    assert_eq!(claimed.record.module, module);
    assert_eq!(claimed.entries.get("entry"), Some(&bytes("value")));
}

pub async fn a_refused_commit_leaves_nothing(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    claim(&store, &id, "two").await;
    let before = store.record(&id).await.expect("readable");
    refused(&store, full(&id, 1, 0)).await;
    refused(&store, full(&id, 2, 1)).await;
    refused(&store, full(&id, 3, 0)).await;
    assert_eq!(store.record(&id).await.expect("readable"), before);
    nothing_of(&store, &id.clone()).await;
    assert!(claim(&store, &id, "three").await.entries.is_empty());
    // Nor does it use up a position.
    let committed = taken(&store, full(&id, 3, 0)).await;
    assert_eq!(committed.positions, [1]);
}

pub async fn names_that_do_not_fit_are_refused_whole(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    let long = "n".repeat(NAME_BYTES_MAX + 1);
    let with = |change: &dyn Fn(&mut Commit)| {
        let mut commit = full(&id, 1, 0);
        change(&mut commit);
        commit
    };
    for commit in [
        with(&|commit| commit.entries.push(entry(&long, Some("x")))),
        with(&|commit| commit.reminders.push(reminder(&long, Some(1)))),
        with(&|commit| commit.events.push(event(&long, "key", "x"))),
        with(&|commit| commit.events.push(event("stream", &long, "x"))),
    ] {
        let error = refused(&store, commit).await;
        assert!(matches!(error, CommitError::Refused { .. }), "{error}");
    }
    nothing_of(&store, &id).await;
    let longest = Arc::<str>::from("n".repeat(NAME_BYTES_MAX));
    let fits = with(&|commit| commit.events.push(event(&longest, &longest, "x")));
    assert_eq!(taken(&store, fits).await.positions, [1, 1]);
}

/// There is no row of any commit of the actor.
async fn nothing_of(store: &AnyStore, id: &pizza_types::ActorId) {
    let reply = store.handled(id, message("message")).await;
    assert_eq!(reply, Ok(None));
    let rows = store.outbox(id.shard(), None, 10).await.expect("readable");
    assert!(rows.is_empty());
    assert_eq!(store.reminders_due(u64::MAX, 10).await, Ok(Vec::new()));
    assert_eq!(store.events("stream", "key", 0, 10).await, Ok(Vec::new()));
    assert_eq!(store.stream_head("stream", "key").await, Ok(0));
    assert_eq!(store.stream_heads("stream").await, Ok(Vec::new()));
    assert_eq!(store.cursor("meter", "given", "key").await, Ok(0));
}
