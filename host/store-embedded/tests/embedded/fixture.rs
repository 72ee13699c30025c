//! What the tests of this store share: filling a store, and reading all of it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use pizza_store::{
    ActorStore, Commit, DeadLetter, DeadLetterStore, DelayedWrite, DueAfter, FactStore, Handled,
    InspectionStore, Leaving, LogStore, Members, NewEvent, Opened, Reminder, ReminderStore,
    ReminderWrite, StoreError, StoredReply, StreamKey, StreamStore,
};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::{
    ActorId, Body, Chain, EntryWrite, Envelope, MessageId, MissedPolicy, ShardId, ShardSet, SiloId,
    State, StateWrite,
};

pub(crate) const NOW_MS: u64 = 1_700_000_000_000;

pub(crate) fn open(dir: &Path) -> EmbeddedStore {
    EmbeddedStore::open(dir, Options::default()).expect("opened")
}

/// Segments of a few commits, so that a little data is in many files.
pub(crate) fn small_tables() -> Options {
    Options {
        segment_bytes: 16 << 10,
        ..Options::default()
    }
}

pub(crate) fn actor(key: &str) -> ActorId {
    ActorId::new("meter", key).expect("a legal key")
}

pub(crate) fn silo() -> SiloId {
    SiloId(Arc::from("silo"))
}

fn text(text: String) -> Bytes {
    Bytes::from(text.into_bytes())
}

pub(crate) fn envelope(name: &str) -> Envelope {
    Envelope {
        target: actor("target"),
        body: Body::Call {
            method: Arc::from("method"),
            arguments: Bytes::from_static(b"{}"),
        },
        id: MessageId::derive("test", &[name.as_bytes()]),
        deadline_ms: NOW_MS,
        chain: Chain::default(),
        caller: None,
        trace: None,
    }
}

/// A commit with a row of every kind, all of which tell the version.
pub(crate) fn commit(actor: &ActorId, epoch: u64, version: u64) -> Commit {
    let all = format!("{actor} at {version} ");
    Commit {
        actor: actor.clone(),
        owner: silo(),
        // The first commit makes the record, and has no epoch yet.
        epoch: if version == 0 { 0 } else { epoch },
        version,
        now_ms: NOW_MS + version,
        module: None,
        state: StateWrite::Set(State {
            schema: 1,
            bytes: text(all.repeat(8)),
        }),
        entries: vec![EntryWrite {
            name: Arc::from(format!("entry-{}", version % 5)),
            bytes: (version % 7 != 6).then(|| text(all.clone())),
        }],
        handled: Some(Handled {
            id: MessageId::derive("test", &[all.as_bytes()]),
            reply: StoredReply {
                fingerprint: [version as u8; 16],
                reply: text(all.clone()),
                declined: false,
                expires_at_ms: NOW_MS + version,
                title: Arc::from("method"),
                caller: Some(actor.clone()),
                trace: None,
            },
        }),
        delayed: vec![DelayedWrite {
            index: 1,
            not_before_ms: version,
            envelope: envelope(&format!("delayed {all}")),
        }],
        reminders: vec![ReminderWrite {
            name: Arc::from("wake"),
            reminder: (version % 3 != 2).then_some(Reminder {
                version,
                due_ms: NOW_MS + version,
                period_ms: None,
                policy: MissedPolicy::All,
            }),
        }],
        leaving: Leaving {
            messages: vec![envelope(&all)],
            events: vec![NewEvent {
                keys: vec![StreamKey {
                    stream: Arc::from("counts"),
                    key: Arc::clone(actor.key()),
                }],
                payload: text(all),
            }],
        },
        cursor: None,
        ending: pizza_store::EndWrite::Keep,
    }
}

/// Opens the actor; its epoch and version, which are 1 and 0 when there is none yet.
pub(crate) async fn opened(store: &EmbeddedStore, actor: &ActorId) -> (u64, u64) {
    let members = Members::alone(&silo());
    match store.open(actor, &silo(), &members).await.expect("opened") {
        Opened::Absent { epoch } => (epoch, 0),
        Opened::Retired { at_ms } => panic!("retired at {at_ms}"),
        Opened::Opened(stored) => (stored.record.epoch, stored.record.version),
        Opened::Moved { owner, .. } => panic!("{owner} has it"),
    }
}

/// `actors` actors with `versions` commits each, and some of everything else.
pub(crate) async fn fill(store: &EmbeddedStore, actors: u64, versions: u64) {
    for number in 0..actors {
        let actor = actor(&format!("actor-{number}"));
        let (epoch, version) = opened(store, &actor).await;
        let tickets: Vec<_> = (0..versions)
            .map(|at| store.commit(Arc::new(commit(&actor, epoch, version + at))))
            .collect();
        for ticket in tickets {
            ticket.await.expect("committed");
        }
        let entries = store.log(actor.shard(), 0, 100).await;
        let even = entries.expect("readable").into_iter();
        let even = even.filter(|entry| entry.version % 2 == 0);
        let done = even.map(|entry| entry.key).collect();
        store.log_done(done).await.expect("noted");
        let rows = store
            .delayed(&ShardSet::ALL, None, 10_000)
            .await
            .expect("readable");
        let keys = rows.into_iter().map(|row| row.key);
        let done = keys.filter(|key| key.version % 2 == 0).collect();
        store.delayed_done(done).await.expect("noted");
        let cursor = store.set_cursor("subscriber", "counts", actor.key(), number);
        cursor.await.expect("noted");
    }
    let letter = DeadLetter {
        envelope: envelope("dead"),
        error: String::from("it trapped"),
        attempts: 3,
        at_ms: NOW_MS,
    };
    store.add_dead_letter(letter).await.expect("kept");
    let fact = store.set_fact("fact", Bytes::from_static(b"value"));
    fact.await.expect("noted");
}

/// All that can be read of what [`fill`] wrote, as text to compare.
pub(crate) async fn read(store: &EmbeddedStore, actors: u64) -> Result<String, StoreError> {
    use std::fmt::Write;
    let mut all = String::new();
    let mut note = |what: &dyn std::fmt::Debug| {
        writeln!(all, "{what:?}").expect("a String takes all");
    };
    for number in 0..actors {
        let actor = actor(&format!("actor-{number}"));
        let record = store.record(&actor).await?;
        note(&record);
        let events = store.events("counts", actor.key(), 0, 1000).await?;
        for at in 0..events.len() {
            let all = format!("{actor} at {at} ");
            let id = MessageId::derive("test", &[all.as_bytes()]);
            note(&store.handled(&actor, id).await?);
        }
        note(&events);
        note(&store.cursor("subscriber", "counts", actor.key()).await?);
    }
    for shard in 0..pizza_types::SHARDS {
        let entries = store.log(ShardId(shard), 0, 1000).await?;
        entries.iter().for_each(|entry| note(entry));
    }
    note(&store.delayed(&ShardSet::ALL, None, 10_000).await?);
    note(
        &store
            .reminders_due(&ShardSet::ALL, &DueAfter::default(), u64::MAX, 10_000)
            .await?,
    );
    note(&store.stream_heads(&ShardSet::ALL, "counts").await?);
    note(&store.dead_letters(0, 10).await?);
    note(&store.fact("fact").await?);
    for number in 0..actors {
        let actor = actor(&format!("actor-{number}"));
        let (by, members) = (silo(), Members::alone(&silo()));
        if let Opened::Opened(stored) = store.open(&actor, &by, &members).await? {
            note(&stored.entries);
            note(&stored.reminders);
        }
    }
    Ok(all)
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for file in std::fs::read_dir(from).expect("listed") {
        let path = file.expect("listed").path();
        let copy = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            self::copy(&path, &copy);
        } else {
            std::fs::copy(&path, &copy).expect("copied");
        }
    }
}
