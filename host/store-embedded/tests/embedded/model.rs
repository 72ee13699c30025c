//! By chance: whatever is done to this store and to the one in memory, both read the same, while
//! checkpoints come and go and after the store is opened again.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use pizza_store::{
    ActorStore, Commit, DueAfter, EndWrite, EndedAfter, InspectionStore, Keep, Leaving, LogStore,
    Members, MemoryStore, NewEvent, Reminder, ReminderStore, ReminderWrite, Retention, RetireStore,
    Retirement, Store, StreamKey, StreamStore,
};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::{ActorId, MissedPolicy, ShardSet, SiloId, State, StateWrite};

use crate::fixture::{NOW_MS, actor, silo, small_tables};

const ACTORS: u64 = 9;
const KEYS: u64 = 8;
const STEPS: u64 = 1_000;
const SEEDS: u64 = 2;

/// The generator of Knuth's MMIX, of which the upper bits are taken.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

struct Pair {
    model: MemoryStore,
    store: EmbeddedStore,
    chance: Chance,
    now_ms: u64,
    taken: u64,
    /// The planted mistake: the store is never told that a state is cleared.
    forgets_to_clear: bool,
}

fn open(dir: &Path) -> EmbeddedStore {
    let options = Options {
        reserve_bytes: 0,
        ..small_tables()
    };
    EmbeddedStore::open(dir, options).expect("opened")
}

fn retention() -> Retention {
    Retention::usual(Keep {
        ms: 10_000,
        events: 6,
        silent_ms: 20_000,
    })
}

/// Both answers, as text; a difference is a failure.
fn same<T: Debug>(what: &str, model: &T, store: &T) -> Result<(), String> {
    let (model, store) = (format!("{model:?}"), format!("{store:?}"));
    if model == store {
        return Ok(());
    }
    Err(format!("{what}\n  model: {model}\n  store: {store}"))
}

impl Pair {
    fn new(dir: &Path, seed: u64) -> Self {
        Self {
            model: MemoryStore::new(),
            store: open(dir),
            chance: Chance(seed),
            now_ms: NOW_MS,
            taken: 0,
            forgets_to_clear: false,
        }
    }

    fn any(&mut self) -> ActorId {
        actor(&format!("actor-{}", self.chance.below(ACTORS)))
    }

    async fn run(&mut self, dir: &Path) -> Result<(), String> {
        for step in 0..STEPS {
            self.now_ms += self.chance.below(2_000);
            match self.chance.below(40) {
                0..4 => self.open().await?,
                4 => self.retire().await?,
                5 => self.expire().await?,
                6 if step % 5 == 0 => {
                    self.store.close();
                    self.store = open_again(dir, &mut self.store);
                }
                _ => self.commit().await?,
            }
            if step % 10 == 0 {
                self.compare()
                    .await
                    .map_err(|e| format!("step {step}: {e}"))?;
            }
        }
        self.compare().await
    }

    async fn open(&mut self) -> Result<(), String> {
        let (actor, members) = (self.any(), Members::alone(&silo()));
        let model = self.model.open(&actor, &silo(), &members).await;
        let store = self.store.open(&actor, &silo(), &members).await;
        same("open", &model, &store)
    }

    async fn commit(&mut self) -> Result<(), String> {
        let actor = self.any();
        let record = self.model.record(&actor).await.expect("readable");
        let (epoch, version) = record.map_or((0, 0), |r| (r.epoch, r.version));
        let commit = self.by_chance(actor.clone(), epoch, version);
        let shard = actor.shard();
        let model = self.model.commit(Arc::new(commit.clone())).await;
        // There events come to their streams when somebody brings them.
        let entries = self.model.log(shard, 0, 100).await.expect("readable");
        self.model.relay(&entries).await.expect("relayed");
        let keys = entries.into_iter().map(|entry| entry.key).collect();
        self.model.log_done(keys).await.expect("forgotten");
        let mut told = commit;
        if self.forgets_to_clear && told.state == StateWrite::Clear {
            told.state = StateWrite::Keep;
        }
        let store = self.store.commit(Arc::new(told)).await;
        self.taken += u64::from(store.is_ok());
        let (model, store) = (model.map(|_| ()), store.map(|_| ()));
        same("commit", &model, &store)
    }

    fn by_chance(&mut self, actor: ActorId, epoch: u64, version: u64) -> Commit {
        let chance = &mut self.chance;
        let state = match chance.below(10) {
            0..4 => StateWrite::Keep,
            4 => StateWrite::Clear,
            _ => StateWrite::Set(State {
                schema: 1,
                bytes: Bytes::from(vec![version as u8; chance.below(300) as usize]),
            }),
        };
        let reminders = (0..chance.below(3)).map(|number| ReminderWrite {
            name: format!("reminder-{number}").into(),
            reminder: (!chance.one_in(4)).then(|| Reminder {
                due_ms: NOW_MS + chance.below(1_000_000),
                period_ms: None,
                policy: MissedPolicy::All,
                version: version + 1,
            }),
        });
        let reminders = reminders.collect();
        let events = (0..chance.below(3)).map(|number| NewEvent {
            keys: vec![StreamKey {
                stream: format!("stream-{number}").into(),
                key: chance.below(KEYS).to_string().into(),
            }],
            payload: Bytes::from(vec![7; chance.below(200) as usize]),
        });
        let events = events.collect();
        Commit {
            actor,
            owner: SiloId("silo".into()),
            epoch,
            version,
            now_ms: self.now_ms,
            module: None,
            state,
            entries: Vec::new(),
            handled: None,
            delayed: Vec::new(),
            reminders,
            leaving: Leaving {
                messages: Vec::new(),
                events,
            },
            cursor: None,
            ending: if chance.one_in(6) {
                EndWrite::Set(self.now_ms)
            } else {
                EndWrite::Clear
            },
        }
    }

    async fn retire(&mut self) -> Result<(), String> {
        let actor = self.any();
        let record = self.model.record(&actor).await.expect("readable");
        let all = vec![Retirement {
            actor,
            version: record.map_or(0, |record| record.version),
            now_ms: self.now_ms,
        }];
        let model = self.model.retire(all.clone()).await;
        let store = self.store.retire(all).await;
        same("retire", &model, &store)?;
        // So that the actors do not end for good one after the other.
        let model = self
            .model
            .forget_retired(&ShardSet::ALL, self.now_ms, 10)
            .await;
        let store = self
            .store
            .forget_retired(&ShardSet::ALL, self.now_ms, 10)
            .await;
        same("forget the retired", &model, &store)
    }

    async fn expire(&mut self) -> Result<(), String> {
        // Twice: what a first one leaves behind may be silent.
        for _ in 0..2 {
            let (now_ms, retention) = (self.now_ms, retention());
            let model = self
                .model
                .expire(&ShardSet::ALL, now_ms, &retention, usize::MAX)
                .await;
            let store = self
                .store
                .expire(&ShardSet::ALL, now_ms, &retention, usize::MAX)
                .await;
            model.expect("swept");
            store.expect("swept");
        }
        Ok(())
    }

    async fn compare(&self) -> Result<(), String> {
        let (model, store) = (&self.model, &self.store);
        for number in 0..ACTORS {
            let actor = actor(&format!("actor-{number}"));
            let copies = (model.copy(&actor).await, store.copy(&actor).await);
            same("copy", &copies.0, &copies.1)?;
        }
        let start = DueAfter::default();
        let due = model
            .reminders_due(&ShardSet::ALL, &start, u64::MAX, 1_000)
            .await;
        same(
            "due",
            &due,
            &store
                .reminders_due(&ShardSet::ALL, &start, u64::MAX, 1_000)
                .await,
        )?;
        let start = EndedAfter::default();
        let ended = model
            .ended(&ShardSet::ALL, "meter", &start, u64::MAX, 100)
            .await;
        same(
            "ended",
            &ended,
            &store
                .ended(&ShardSet::ALL, "meter", &start, u64::MAX, 100)
                .await,
        )?;
        for number in 0..2 {
            let stream = format!("stream-{number}");
            let heads = model.stream_heads(&ShardSet::ALL, &stream).await;
            same(
                "heads",
                &heads,
                &store.stream_heads(&ShardSet::ALL, &stream).await,
            )?;
            for key in 0..KEYS {
                let key = key.to_string();
                let head = model.stream_head(&stream, &key).await;
                same("head", &head, &store.stream_head(&stream, &key).await)?;
                let events = model.events(&stream, &key, 0, 1_000).await;
                same(
                    "events",
                    &events,
                    &store.events(&stream, &key, 0, 1_000).await,
                )?;
            }
        }
        Ok(())
    }
}

/// The directory is free when the one before has gone.
fn open_again(dir: &Path, before: &mut EmbeddedStore) -> EmbeddedStore {
    let elsewhere = tempfile::tempdir().expect("a directory");
    drop(std::mem::replace(before, open(elsewhere.path())));
    open(dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stores_read_the_same() {
    for seed in 1..=SEEDS {
        let dir = tempfile::tempdir().expect("a directory");
        let mut pair = Pair::new(dir.path(), seed);
        let ran = pair.run(dir.path()).await;
        assert_eq!(ran, Ok(()), "seed {seed}");
        assert!(pair.taken > STEPS / 2, "only {} commits", pair.taken);
    }
}

/// The planted mistake.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_stays_is_found_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut pair = Pair::new(dir.path(), 1);
    pair.forgets_to_clear = true;
    pair.run(dir.path()).await.expect_err("a state too many");
}
