//! Rows of every table, and what a reader sees of them.

use std::sync::Arc;

use bytes::Bytes;
use pizza_store::{ActorStore, FactStore, NewEvent, Reminder, ReminderWrite, StreamKey};
use pizza_types::{MissedPolicy, StateWrite};

use crate::changes::RowChange;
use crate::table::Table;
use crate::{EmbeddedStore, Options, stream_head, testing};

pub(crate) const SEGMENT_BYTES: u64 = 256 << 10;
/// Rows of each table; every third is changed, every third removed before the checkpoint.
pub(crate) const ROWS: u32 = 40;

pub(crate) fn options() -> Options {
    Options {
        segment_bytes: SEGMENT_BYTES,
        reserve_bytes: 0,
        ..Options::default()
    }
}

/// A row as a reader sees it.
pub(crate) type Seen = (Table, Vec<u8>, Vec<u8>);

/// Every row that a reader sees; of streams that have one, the position of the newest event.
pub(crate) fn rows(store: &EmbeddedStore) -> Vec<Seen> {
    let view = store.view().expect("it works");
    let heads = stream_head::all(&view, &[]).expect("readable").into_iter();
    let heads = heads.map(|(key, head)| (Table::StreamHeads, key, head.to_be_bytes().to_vec()));
    let mut all: Vec<_> = heads.collect();
    let others = Table::ALL.into_iter();
    for table in others.filter(|table| ![Table::System, Table::StreamHeads].contains(table)) {
        for row in view.scan(table, &[], None) {
            let (key, value) = row.expect("readable");
            all.push((table, key.to_vec(), value.to_vec()));
        }
    }
    all
}

/// Tables whose rows say what others are: theirs are written as a silo writes them.
pub(crate) const WITH_MEANING: [Table; 5] = [
    Table::System,
    Table::Events,
    Table::StreamHeads,
    Table::Reminders,
    Table::RemindersDue,
];

/// A commit of each actor: its reminder is due at another time in each round, and in the second a
/// third of them have none; and one event in one of five streams.
pub(crate) async fn commit_all(store: &EmbeddedStore, round: u32) {
    for number in (0..ROWS).filter(|number| round == 0 || number % 3 > 0) {
        let actor = testing::actor(&format!("meter-{number}"));
        let mut commit = testing::commit(actor, round.into(), StateWrite::Keep);
        let due = Reminder {
            due_ms: u64::from(1_000 * round + number),
            period_ms: None,
            policy: MissedPolicy::Skip,
            version: u64::from(round) + 1,
        };
        commit.reminders.push(ReminderWrite {
            name: "tick".into(),
            reminder: (round == 0 || number % 3 == 1).then_some(due),
        });
        commit.leaving.events.push(NewEvent {
            keys: vec![StreamKey {
                stream: "readings".into(),
                key: (number % 5).to_string().into(),
            }],
            payload: Bytes::from_static(b"read"),
        });
        store.commit(Arc::new(commit)).await.expect("committed");
    }
}

pub(crate) fn change(table: Table, number: u32, value: Option<u32>) -> RowChange {
    // Of different shards, where a table goes by them.
    let shard = (number * 31 % 1024) as u16;
    let key = [&shard.to_be_bytes()[..], b"row", &number.to_be_bytes()].concat();
    let value = value.map(|value| value.to_be_bytes().repeat(25).into());
    (table, key.into(), value)
}

pub(crate) async fn write(store: &EmbeddedStore, rows: Vec<RowChange>) {
    store
        .write("write rows", rows, true)
        .await
        .expect("written");
}

/// Fills the active layer until the checkpoint of it begins, with what is removed again.
pub(crate) async fn force(store: &EmbeddedStore) {
    for number in 0..4 {
        let name = format!("filler-{number}");
        let bytes = Bytes::from(vec![7; SEGMENT_BYTES as usize / 2]);
        store.set_fact(&name, bytes).await.expect("noted");
        store
            .change_facts(vec![(name, None)])
            .await
            .expect("removed");
    }
}
