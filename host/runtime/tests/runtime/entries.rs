//! Tables that are larger than what an actor has in memory.

use std::sync::Arc;

use bytes::Bytes;
use pizza_store::entries::OPENED;
use pizza_store::{ActorStore, Commit, Leaving, Store};
use pizza_types::{EntryWrite, SiloId, StateWrite};
use serde_json::{Value, json};

use crate::fixture::{Probes, World, actor, parsed, until};
use crate::store::MoodyStore;

const ROWS: usize = 900;

fn key(number: usize) -> String {
    format!("{number:04}")
}

/// A store in which `a` has many rows, none of which was ever in memory.
async fn filled() -> (World, Arc<MoodyStore>) {
    let store = MoodyStore::new();
    let entries = (0..ROWS).map(|number| EntryWrite {
        name: format!("rows/{}", key(number)).into(),
        // As the SDK writes a string of three letters: MessagePack.
        bytes: Some(Bytes::from_static(b"\xa3old")),
    });
    let commit = Commit {
        actor: actor("a"),
        owner: SiloId("before".into()),
        epoch: 0,
        version: 0,
        now_ms: 0,
        module: None,
        state: StateWrite::Keep,
        entries: entries.collect(),
        handled: None,
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving::default(),
        cursor: None,
        ending: pizza_store::EndWrite::Keep,
    };
    const { assert!(ROWS > 3 * OPENED.entries) };
    store.commit(Arc::new(commit)).await.expect("taken");
    (World::on(Arc::clone(&store) as Arc<dyn Store>), store)
}

fn row(number: usize, value: Option<&str>) -> Value {
    json!({"row": {"key": key(number), "value": value}})
}

async fn ask(probes: &Probes, query: &str, arguments: &Value) -> Vec<Option<String>> {
    let reply = probes.deliver(probes.envelope("a", query, arguments)).await;
    serde_json::from_value(parsed(&reply.expect("an answer"))).expect("rows")
}

fn rows(
    numbers: impl IntoIterator<Item = usize>,
    value: impl Fn(usize) -> &'static str,
) -> Vec<Option<String>> {
    let row = |number| Some(format!("{}={}", key(number), value(number)));
    numbers.into_iter().map(row).collect()
}

#[tokio::test]
async fn a_table_is_read_as_it_is_asked_for() {
    let (world, store) = filled().await;
    let probes = world.silo("one").await;
    let some =
        |numbers: &[usize]| json!({"keys": numbers.iter().map(|n| key(*n)).collect::<Vec<_>>()});
    let found = ask(&probes, "some", &some(&[0, 899, 5_000, 450])).await;
    let old = Some("old".to_owned());
    assert_eq!(found, [old.clone(), old.clone(), None, old.clone()]);
    let asked = store.entries_read();
    assert!(
        asked <= 3,
        "{asked} entries read for three that are not in memory"
    );

    let span = |from: usize, to: usize, backwards: bool, limit: usize| json!({"from": key(from), "to": key(to), "backwards": backwards, "limit": limit});
    let before = store.entries_read();
    let found = ask(&probes, "span", &span(600, 700, false, 5)).await;
    assert_eq!(found, rows(600..605, |_| "old"));
    let found = ask(&probes, "span", &span(600, 700, true, 5)).await;
    assert_eq!(found, rows((695..700).rev(), |_| "old"));
    assert_eq!(store.entries_read() - before, 10);

    // While nothing is durable, turns and queries see all that is staged.
    store.hold(true);
    let steps = json!([
        row(696, None),
        row(698, Some("new")),
        row(5_000, Some("new"))
    ]);
    let acting = {
        let probes = probes.clone();
        tokio::spawn(async move { probes.act("a", steps).await })
    };
    let staged = async || {
        let record = pizza_store::InspectionStore::record(&*store, &actor("a")).await;
        record
            .expect("readable")
            .is_some_and(|record| record.version == 2)
    };
    assert!(until(staged).await);
    let reading = {
        let probes = probes.clone();
        let span = span(600, 700, true, 5);
        tokio::spawn(async move { ask(&probes, "span", &span).await })
    };
    let held = acting.is_finished();
    store.hold(false);
    assert!(!held);
    acting.await.expect("a task");
    let new = |number| if number == 698 { "new" } else { "old" };
    let expected = rows([699, 698, 697, 695, 694], new);
    assert_eq!(reading.await.expect("a task"), expected);
    let found = ask(&probes, "some", &some(&[5_000, 696, 698])).await;
    let new = Some("new".to_owned());
    assert_eq!(found, [new.clone(), None, new]);
}

/// A query that is suspended goes on with the rows that there were when it began, whatever later
/// turns have made durable meanwhile.
#[tokio::test]
async fn a_suspended_query_sees_one_state() {
    let (world, store) = filled().await;
    let probes = world.silo("one").await;
    probes.act("b", json!([])).await;
    // What `b` says waits for its commit, and so does the query that asks it.
    store.hold_only("b");
    let busy = {
        let probes = probes.clone();
        tokio::spawn(async move { probes.act("b", json!([{"note": "x"}])).await })
    };
    let begun = async || {
        let record = pizza_store::InspectionStore::record(&*store, &actor("b")).await;
        record
            .expect("readable")
            .is_some_and(|record| record.version == 2)
    };
    assert!(until(begun).await);
    let watching = {
        let probes = probes.clone();
        tokio::spawn(async move { ask(&probes, "watch", &json!({"key": "b"})).await })
    };
    let reads = async || store.entries_read() >= ROWS;
    assert!(until(reads).await, "the query has read the rows once");
    for number in [3, 300, 600, 899] {
        probes
            .act(
                "a",
                json!([row(number, None), row(number + 10_000, Some("new"))]),
            )
            .await;
    }
    assert!(!watching.is_finished());
    store.hold(false);
    busy.await.expect("a task");
    let mut seen = watching.await.expect("a task");
    let again = seen.split_off(ROWS + 1);
    assert_eq!(seen.pop(), Some(Some("answered".to_owned())));
    let all = rows(0..ROWS, |_| "old");
    assert!(seen == all, "{} rows at first", seen.len());
    let differ = again.iter().filter(|row| !all.contains(row));
    assert!(
        again == all,
        "later {} rows, and {:?}",
        again.len(),
        differ.collect::<Vec<_>>()
    );
    // A new one sees all of it.
    let found = probes.read("a", "rows").await;
    let found: Vec<String> = serde_json::from_value(found).expect("rows");
    assert_eq!(found.len(), ROWS);
    assert!(!found.contains(&"0003=old".to_owned()));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_fails_the_turn_and_not_the_module() {
    let (world, store) = filled().await;
    let probes = world.silo("one").await;
    assert_eq!(probes.read("a", "read").await["count"], 0);
    store.hide_entries(true);
    let reply = probes.deliver(probes.envelope("a", "some", &json!({"keys": ["0800"]})));
    let error = reply.await.expect_err("no answer");
    assert!(
        matches!(&error, pizza_types::CallError::Store { .. }),
        "{error}"
    );
    store.hide_entries(false);
    let found = ask(&probes, "some", &json!({"keys": ["0800"]})).await;
    assert_eq!(found, [Some("old".to_owned())]);
}
