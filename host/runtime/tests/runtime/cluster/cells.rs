//! Clusters with a store each that are one pizzeria: whom one asks does not matter, and one that is
//! away stops nobody else and loses nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use pizza_cluster::LocalCells;
use pizza_runtime::CellParts;
use pizza_store::{CellStore as _, MemoryStore};
use pizza_types::{CellName, CellNames};
use serde_json::{Value, json};

use super::fixture::{Cluster, Member};
use crate::fixture::{message, parsed, until};

fn name(name: &str) -> CellName {
    CellName::new(name).expect("a name")
}

/// Two cells of a silo each; keys that name none are of `eu`.
struct World {
    links: LocalCells,
    eu: Cell,
    us: Cell,
}

struct Cell {
    name: CellName,
    store: Arc<MemoryStore>,
    silo: Member,
}

impl World {
    async fn new(parked_max: usize) -> Self {
        let links = LocalCells::default();
        let eu = cell(&links, "eu", "us", parked_max).await;
        let us = cell(&links, "us", "eu", parked_max).await;
        let world = Self { links, eu, us };
        world.connect(&world.us);
        world.connect(&world.eu);
        assert!(until(async || world.see_each_other()).await);
        world
    }

    fn connect(&self, cell: &Cell) {
        let silo = Arc::new(cell.silo.probes.silo.clone());
        self.links.serve(&cell.name, silo);
    }

    fn see_each_other(&self) -> bool {
        let sees = |cell: &Cell| cell.silo.probes.silo.cells().iter().all(|c| !c.is_away);
        sees(&self.eu) && sees(&self.us)
    }

    /// From now on nobody reaches the cell, and those who try know it.
    async fn cut_us_off(&self) {
        self.links.remove(&self.us.name);
        let is_seen = async || self.eu.silo.probes.silo.cells()[0].is_away;
        assert!(until(is_seen).await, "eu sees that us is away");
    }

    async fn parked(&self) -> usize {
        let count = self.eu.store.parked_count(&self.us.name).await;
        count.expect("readable")
    }
}

async fn cell(links: &LocalCells, mine: &str, other: &str, parked_max: usize) -> Cell {
    let mut cluster = Cluster::new();
    cluster.cells = Some(CellParts {
        names: CellNames {
            mine: name(mine),
            default: name("eu"),
            others: BTreeSet::from([name(other)]),
        },
        network: Arc::new(links.clone()),
        store: Arc::clone(&cluster.store) as Arc<_>,
        parked_max,
    });
    let silo = cluster.silo(mine).await;
    Cell {
        name: name(mine),
        store: cluster.store,
        silo,
    }
}

fn publish(key: &str, payload: &str) -> Value {
    json!({"publish": {"stream": "probe-events", "key": key, "payload": payload}})
}

fn send(key: &str, note: &str) -> Value {
    let steps = json!([{"note": note}]).to_string();
    json!({"send": {"key": key, "steps": steps, "delayMs": 0}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_cell_reaches_any_actor_and_only_its_own_keeps_it() {
    let world = World::new(1_000).await;
    let (eu, us) = (&world.eu.silo.probes, &world.us.silo.probes);
    for round in 1..=3 {
        let asked = if round == 2 { eu } else { us };
        for key in ["us.a", "eu.a", "a"] {
            let view = asked.act(key, json!([{"note": "x"}])).await;
            assert_eq!(view["count"], round, "{key}");
        }
    }
    assert_eq!(us.silo.stats().actors_in_memory, 1, "us.a");
    assert_eq!(eu.silo.stats().actors_in_memory, 2, "eu.a and a");
    // The same message over two cells takes effect once.
    for asked in [eu, us, eu] {
        let mut envelope = asked.acting("us.b", &json!([{"note": "once"}]));
        envelope.id = message("the same");
        let reply = asked.deliver(envelope).await.expect("an answer");
        assert_eq!(parsed(&reply)["ok"]["count"], 1);
    }
    // Calls go there, and a circle over both is found.
    let back = json!([{"ask": {"key": "c", "steps": "[]"}}]).to_string();
    eu.act("c", json!([{"ask": {"key": "us.c", "steps": back}}]))
        .await;
    let notes = us.notes("us.c").await.join("\n");
    assert!(notes.contains("come back"), "{notes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_and_events_arrive_in_another_cell_and_can_be_read_here() {
    let world = World::new(1_000).await;
    let (eu, us) = (&world.eu.silo.probes, &world.us.silo.probes);
    for number in 0..20 {
        let steps = [
            publish("us.s", &number.to_string()),
            send("us.r", &number.to_string()),
        ];
        eu.act("p", json!(steps)).await;
    }
    assert!(until(async || us.notes("us.s").await.len() == 20).await);
    assert!(until(async || us.notes("us.r").await.len() == 20).await);
    let expected: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(us.notes("us.r").await, expected);
    let page = eu.silo.page("probe-events", "us.s", 5, 10).await;
    let page = page.expect("readable");
    let positions: Vec<_> = page.events.iter().map(|event| event.position).collect();
    assert_eq!(positions, (6..=15).collect::<Vec<_>>());
    assert_eq!((page.oldest, page.newest), (1, 20));
    // Whoever watches from another cell hears of the next one.
    let silo = eu.silo.clone();
    let watching = tokio::spawn(async move {
        while silo
            .page("probe-events", "us.s", 20, 1)
            .await
            .expect("readable")
            .newest
            == 20
        {
            silo.event_after("probe-events", "us.s", 20).await;
        }
    });
    eu.act("p", json!([publish("us.s", "last")])).await;
    let heard = tokio::time::timeout(std::time::Duration::from_secs(10), watching).await;
    heard.expect("it is heard of").expect("no panic");
    let (keys, missing) = eu
        .silo
        .actors_everywhere("probe", None, 10)
        .await
        .expect("listed");
    let keys: Vec<_> = keys.iter().map(|key| &**key).collect();
    assert_eq!((keys, missing), (vec!["p", "us.r", "us.s"], vec![]));
}

/// Each of three publishers has said every third number.
fn assert_in_order(notes: &[String], all: usize) {
    let numbers = notes.iter();
    let numbers = numbers.filter_map(|note| note.rsplit(' ').next()?.parse().ok());
    let numbers: Vec<usize> = numbers.collect();
    for publisher in 0..3 {
        let of_it = |number: &usize| number % 3 == publisher;
        let heard: Vec<_> = numbers.iter().copied().filter(of_it).collect();
        let said: Vec<_> = (0..all).filter(of_it).collect();
        assert_eq!(heard, said, "of publisher {publisher}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_that_is_away_stops_nobody_else_and_gets_all_of_it_later() {
    const COUNT: usize = 60;
    let world = World::new(1_000).await;
    let (eu, us) = (&world.eu.silo.probes, &world.us.silo.probes);
    us.act("us.r", json!([{"note": "before"}])).await;
    world.cut_us_off().await;
    for number in 0..COUNT {
        let steps = [
            publish("us.s", &number.to_string()),
            send("us.r", &number.to_string()),
            send("here", &number.to_string()),
        ];
        eu.act(&format!("p{}", number % 3), json!(steps)).await;
    }
    let refused = eu.try_act("us.r", json!([{"note": "now"}])).await;
    let error = refused.expect_err("it is away");
    assert_eq!(error.code(), "unreachable", "{error}");
    assert!(error.to_string().contains("cell us is away"), "{error}");
    let page = eu.silo.page("probe-events", "us.s", 0, 1).await;
    assert_eq!(page.expect_err("it is away").code(), "unreachable");
    let (_, missing) = eu
        .silo
        .actors_everywhere("probe", None, 10)
        .await
        .expect("listed");
    assert_eq!(missing, [name("us")]);
    assert!(
        until(async || eu.notes("here").await.len() == COUNT).await,
        "others get theirs"
    );
    // It waits in the list of the cell, and the log is free of it.
    let is_parked = async || world.parked().await == 2 * COUNT;
    assert!(
        until(is_parked).await,
        "{} are parked",
        world.parked().await
    );
    use pizza_store::LogStore as _;
    let log = async || world.eu.store.log_shards(&pizza_types::ShardSet::ALL).await;
    assert!(until(async || log().await.expect("readable").is_empty()).await);
    // What comes after it is back waits its turn behind what waits.
    world.connect(&world.us);
    for number in COUNT..COUNT + 10 {
        let steps = [
            publish("us.s", &number.to_string()),
            send("us.r", &number.to_string()),
        ];
        eu.act(&format!("p{}", number % 3), json!(steps)).await;
    }
    let all = COUNT + 10;
    assert!(
        until(async || us.notes("us.s").await.len() == all).await,
        "{}",
        us.notes("us.s").await.len()
    );
    assert!(until(async || us.notes("us.r").await.len() == all + 1).await);
    for notes in [us.notes("us.r").await, us.notes("us.s").await] {
        assert_in_order(&notes, all);
    }
    assert!(
        until(async || world.parked().await == 0).await,
        "nothing waits any more"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_list_refuses_turns_that_leave_more_and_nothing_else() {
    let world = World::new(5).await;
    let eu = &world.eu.silo.probes;
    world.cut_us_off().await;
    let mut refused = None;
    for number in 0..200 {
        let key = format!("p{number}");
        if let Err(error) = eu.try_act(&key, json!([publish("us.s", "x")])).await {
            refused = Some((number, key, error));
            break;
        }
        assert!(until(async || world.parked().await > number.min(4)).await);
    }
    let (number, key, error) = refused.expect("one is refused");
    assert_eq!(error.code(), "overloaded", "{error}");
    assert!(error.to_string().contains("wait for it already"), "{error}");
    assert!((5..50).contains(&number), "the {number}th was refused");
    let view = eu
        .act(&key, json!([{"note": "x"}, publish("here", "x")]))
        .await;
    assert_eq!(
        view["count"], 1,
        "of the turn that was refused nothing was done"
    );
    world.connect(&world.us);
    let is_taken = async || eu.try_act("p", json!([publish("us.s", "y")])).await.is_ok();
    assert!(until(is_taken).await, "there is room again");
    let us = &world.us.silo.probes;
    assert!(until(async || us.notes("us.s").await.len() == number + 1).await);
}
