//! All of a commit or none of it.

use std::sync::Arc;

use pizza_types::{ModuleDigest, ShardSet};

use super::fixture::{
    AnyStore, NOW_MS, actor, by, bytes, commit, entry, envelope, event, full, handled, message,
    opened, refused, reminder, state, taken,
};
use crate::apply::{NAME_BYTES_MAX, delayed_key};
use crate::commit::{Commit, CommitError};
use crate::reminders::DueAfter;

pub async fn a_commit_writes_everything(store: AnyStore) {
    let id = actor("a");
    let module = Some(ModuleDigest::of(b"module"));
    let with_module = Commit {
        module,
        ..full(&id, 1, 0)
    };
    let committed = taken(&store, with_module).await;

    let record = store.record(&id).await.expect("readable").expect("made");
    assert_eq!(record.state, Some(state("all")));
    assert_eq!(
        (record.version, record.epoch, record.module),
        (1, 1, module)
    );
    let reply = store.handled(&id, message("message-0")).await;
    let reply = reply.expect("readable").expect("handled");
    assert_eq!(reply, handled("message-0", "answer").reply);
    let rows = store
        .delayed(&ShardSet::ALL, None, 10)
        .await
        .expect("readable");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].key, delayed_key(&id, 1, 0));
    assert_eq!(rows[0].envelope.id, message("sent-0"));
    let entries = store.log(id.shard(), 0, 10).await.expect("readable");
    assert_eq!(entries.len(), 1);
    assert_eq!(Some(entries[0].key.number), committed.log);
    assert_eq!((&entries[0].actor, entries[0].at_ms), (&id, NOW_MS));
    assert_eq!(entries[0].leaving.messages.len(), 1);
    let (found, sent) = (&entries[0].leaving.messages[0], envelope("sent"));
    assert_eq!((found.id, found.deadline_ms), (sent.id, sent.deadline_ms));
    assert_eq!(found.body.fingerprint(), sent.body.fingerprint());
    assert_eq!((&found.target, &found.caller), (&sent.target, &sent.caller));
    assert!(found.chain.contains(&actor("waiting")));
    let due = store
        .reminders_due(&ShardSet::ALL, &DueAfter::default(), NOW_MS + 1, 10)
        .await
        .expect("readable");
    assert_eq!(
        (due.len(), &due[0].actor, &*due[0].name),
        (1, &id, "reminder")
    );
    assert_eq!(
        Some(&due[0].reminder),
        reminder("", Some(NOW_MS + 1)).reminder.as_ref()
    );
    let told = store.events("stream", "key", 0, 10).await;
    let told = told.expect("readable");
    assert_eq!((told.len(), &told[0].payload), (1, &bytes("payload")));
    assert_eq!((told[0].position, told[0].at_ms), (1, NOW_MS));
    assert_eq!(store.cursor("meter", "given", "a").await, Ok(7));

    let found = opened(&store, &id, "two").await;
    assert_eq!(found.record.state, Some(state("all")));
    assert_eq!(found.record.module, module);
    assert_eq!(found.entries.get("entry"), Some(&bytes("value")));
    assert_eq!(found.reminders.get("reminder"), Some(&due[0].reminder));
}

pub async fn a_refused_commit_leaves_nothing(store: AnyStore) {
    let id = actor("a");
    taken(&store, commit(&id, 1, 0)).await;
    opened(&store, &id, "two").await;
    let before = store.record(&id).await.expect("readable");
    refused(&store, full(&id, 1, 1)).await;
    refused(&store, by("two", full(&id, 2, 2))).await;
    refused(&store, by("two", full(&id, 3, 1))).await;
    refused(&store, full(&id, 0, 0)).await;
    assert_eq!(store.record(&id).await.expect("readable"), before);
    nothing_of(&store, &id.clone()).await;
    assert!(opened(&store, &id, "three").await.entries.is_empty());
    // Nor does it use up a position.
    taken(&store, by("three", full(&id, 3, 1))).await;
    assert_eq!(store.stream_head("stream", "key").await, Ok(1));
}

pub async fn names_that_do_not_fit_are_refused_whole(store: AnyStore) {
    let id = actor("a");
    let long = "n".repeat(NAME_BYTES_MAX + 1);
    let with = |change: &dyn Fn(&mut Commit)| {
        let mut commit = full(&id, 1, 0);
        change(&mut commit);
        commit
    };
    for commit in [
        with(&|commit| commit.entries.push(entry(&long, Some("x")))),
        with(&|commit| commit.reminders.push(reminder(&long, Some(1)))),
        with(&|commit| commit.leaving.events.push(event(&long, "key", "x"))),
        with(&|commit| commit.leaving.events.push(event("stream", &long, "x"))),
    ] {
        let error = refused(&store, commit).await;
        assert!(matches!(error, CommitError::Refused { .. }), "{error}");
    }
    nothing_of(&store, &id).await;
    let longest = Arc::<str>::from("n".repeat(NAME_BYTES_MAX));
    let fits = with(&|commit| commit.leaving.events.push(event(&longest, &longest, "x")));
    taken(&store, fits).await;
    assert_eq!(store.stream_head(&longest, &longest).await, Ok(1));
}

/// There is no row of any commit of the actor.
async fn nothing_of(store: &AnyStore, id: &pizza_types::ActorId) {
    for version in 0..3 {
        let reply = store
            .handled(id, message(&format!("message-{version}")))
            .await;
        assert_eq!(reply, Ok(None));
    }
    let rows = store
        .delayed(&ShardSet::ALL, None, 10)
        .await
        .expect("readable");
    assert!(rows.is_empty());
    let entries = store.log(id.shard(), 0, 10).await.expect("readable");
    assert!(entries.is_empty());
    assert_eq!(
        store
            .reminders_due(&ShardSet::ALL, &DueAfter::default(), u64::MAX, 10)
            .await,
        Ok(Vec::new())
    );
    assert_eq!(store.events("stream", "key", 0, 10).await, Ok(Vec::new()));
    assert_eq!(store.stream_head("stream", "key").await, Ok(0));
    assert_eq!(
        store.stream_heads(&ShardSet::ALL, "stream").await,
        Ok(Vec::new())
    );
    assert_eq!(store.cursor("meter", "given", "a").await, Ok(0));
}
