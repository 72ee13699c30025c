//! What waits for other cells, and what came of them.

use std::sync::Arc;

use pizza_types::{CellName, ShardId};

use super::fixture::{AnyStore, NOW_MS, actor, commit, envelope, event, events, queue, relay};
use crate::cells::{CellStore, EventsAbroad, Outbound};
use crate::commit::Commit;
use crate::store::Store;

/// A store with both doors.
pub type Cell = (Arc<dyn Store>, Arc<dyn CellStore>);

fn cell(name: &str) -> CellName {
    CellName::new(name).expect("a name")
}

fn message(name: &str) -> Outbound {
    Outbound::Message {
        from: actor("a"),
        envelope: envelope(name),
        first_ms: NOW_MS,
    }
}

fn abroad(shard: u16, number: u64, payloads: &[&str]) -> EventsAbroad {
    let payloads = payloads.iter();
    EventsAbroad {
        shard: ShardId(shard),
        number,
        at_ms: NOW_MS,
        events: payloads.map(|p| event("stream", "key", p)).collect(),
    }
}

async fn payloads(store: &AnyStore) -> Vec<String> {
    let found = store.events("stream", "key", 0, 1_000).await;
    let found = found.expect("readable");
    let positions: Vec<_> = found.iter().map(|event| event.position).collect();
    let count = u64::try_from(found.len()).expect("few");
    assert_eq!(positions, (1..=count).collect::<Vec<_>>(), "without gaps");
    let text = |payload: &[u8]| String::from_utf8_lossy(payload).into_owned();
    found.iter().map(|event| text(&event.payload)).collect()
}

pub async fn what_is_parked_stays_in_order_until_it_is_taken_out((_, store): Cell) {
    let (eu, us) = (cell("eu"), cell("us"));
    assert_eq!(store.parked_count(&eu).await, Ok(0));
    let first = vec![message("1"), Outbound::Events(abroad(7, 3, &["x"]))];
    store.park(&eu, first).await.expect("parked");
    store.park(&us, vec![message("2")]).await.expect("parked");
    store.park(&eu, vec![message("3")]).await.expect("parked");
    assert_eq!(store.parked_count(&eu).await, Ok(3));
    let rows = store.parked(&eu, 0, 10).await.expect("readable");
    assert!(rows.windows(2).all(|two| two[0].number < two[1].number));
    let is_message = |at: usize, name: &str| match &rows[at].outbound {
        Outbound::Message {
            envelope: found,
            from,
            first_ms,
        } => found.id == envelope(name).id && *from == actor("a") && *first_ms == NOW_MS,
        Outbound::Events(_) => false,
    };
    assert!(is_message(0, "1") && is_message(2, "3"));
    assert!(matches!(&rows[1].outbound, Outbound::Events(e) if *e == abroad(7, 3, &["x"])));
    let page = store
        .parked(&eu, rows[0].number, 1)
        .await
        .expect("readable");
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].number, rows[1].number, "behind the first");
    let gone = [rows[0].number, rows[2].number];
    store.unpark(&eu, &gone).await.expect("taken out");
    store
        .unpark(&eu, &gone)
        .await
        .expect("once more is nothing");
    assert_eq!(store.parked_count(&eu).await, Ok(1));
    assert_eq!(store.parked_count(&us).await, Ok(1), "another list");
    store
        .unpark(&eu, &[rows[1].number])
        .await
        .expect("taken out");
    store.park(&eu, vec![message("4")]).await.expect("parked");
    let after = store.parked(&eu, rows[2].number, 10).await;
    assert_eq!(
        after.expect("readable").len(),
        1,
        "numbers are not given twice"
    );
}

pub async fn events_of_another_cell_are_relayed_once((store, cells): Cell) {
    let eu = cell("eu");
    let entries = [
        abroad(7, 3, &["a", "b"]),
        abroad(7, 5, &["c"]),
        abroad(9, 1, &["d"]),
    ];
    let mut relaying = Vec::new();
    for _ in 0..4 {
        let (cells, eu, entries) = (Arc::clone(&cells), eu.clone(), entries.clone());
        relaying.push(tokio::spawn(async move {
            cells.relay_from(&eu, &entries[..2]).await?;
            cells.relay_from(&eu, &entries).await
        }));
    }
    for relaying in relaying {
        relaying.await.expect("no panic").expect("relayed");
    }
    let found = payloads(&store).await;
    assert_eq!(found.len(), 4, "{found:?}");
    let of_seven: Vec<_> = found.iter().filter(|payload| *payload != "d").collect();
    assert_eq!(of_seven, ["a", "b", "c"], "in the order of the log");
    cells
        .relay_from(&eu, &[abroad(7, 6, &["e"])])
        .await
        .expect("relayed");
    assert_eq!(payloads(&store).await.len(), 5, "what is new is appended");
}

pub async fn an_own_shard_is_not_taken_for_one_of_another_cell((store, cells): Cell) {
    let own = actor("a");
    let number = 1_000;
    let shard = own.shard().0;
    for name in ["eu", "us"] {
        let entry = abroad(shard, number, &[name]);
        cells
            .relay_from(&cell(name), &[entry])
            .await
            .expect("relayed");
    }
    let commit = Commit {
        leaving: events(vec![event("stream", "key", "own")]),
        ..commit(&own, 1, 0)
    };
    queue(&store, commit).await.expect("taken");
    relay(&store).await;
    assert_eq!(payloads(&store).await, ["eu", "us", "own"]);
}
