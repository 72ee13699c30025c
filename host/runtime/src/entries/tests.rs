//! Turns and queries by chance on a store that is behind, beside a model that knows every version.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};

use pizza_guest::StagedEntries;
use pizza_store::{ActorStore, Commit, Leaving, Members, MemoryStore, Opened};
use pizza_types::{ActorId, SiloId, StateWrite};

use super::*;

type Model = BTreeMap<String, Bytes>;

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn name(&mut self) -> String {
        format!("{}/{:02}", ["a", "b"][self.below(2)], self.below(40))
    }
}

struct Scene {
    store: MemoryStore,
    id: ActorId,
    held: Held,
    epoch: u64,
    version: u64,
    /// Commits that the store does not have yet.
    queued: VecDeque<Commit>,
    durable: u64,
    models: Vec<Model>,
    chance: Chance,
    /// Whether what is held is dropped before the store has it.
    forgets_early: bool,
    bytes_max: usize,
}

static READS: AtomicUsize = AtomicUsize::new(0);

/// What a scene has seen; an error is what was read wrong.
async fn scene(seed: u64, forgets_early: bool) -> Result<usize, String> {
    let mut scene = Scene {
        store: MemoryStore::new(),
        id: ActorId::new("table", "a").expect("a valid id"),
        held: Held::default(),
        epoch: 0,
        version: 0,
        queued: VecDeque::new(),
        durable: 0,
        models: vec![Model::new()],
        chance: Chance(seed),
        forgets_early,
        bytes_max: 0,
    };
    let mut queries: Vec<(u64, Entries)> = Vec::new();
    for _ in 0..600 {
        match scene.chance.below(10) {
            0..=3 => scene.write(),
            4 => scene.settle(),
            5..=6 => {
                let now = scene.now();
                scene.check(scene.version, &now).await?;
            }
            7 => {
                let now = scene.now();
                queries.push((scene.version, now));
            }
            8 if !queries.is_empty() => {
                let place = scene.chance.below(queries.len());
                let (version, entries) = queries[place].clone();
                scene.check(version, &entries).await?;
                if scene.chance.below(4) == 0 {
                    queries.remove(place);
                }
            }
            _ if scene.chance.below(20) == 0 => scene.reopen().await,
            _ => {}
        }
        scene.bytes_max = scene.bytes_max.max(scene.held.bytes());
    }
    Ok(scene.bytes_max)
}

impl Scene {
    fn now(&self) -> Entries {
        self.held.now(self.version, || self.store.entries(&self.id))
    }

    fn write(&mut self) {
        let writes = (0..=self.chance.below(3)).map(|_| {
            let name = self.chance.name().into();
            let size = self.chance.below(100_000);
            let byte = self.chance.below(256) as u8;
            let bytes = (self.chance.below(4) > 0).then(|| Bytes::from(vec![byte; size]));
            EntryWrite { name, bytes }
        });
        let entries: Vec<EntryWrite> = writes.collect();
        let mut model = self.models.last().cloned().unwrap_or_default();
        for write in &entries {
            match &write.bytes {
                Some(bytes) => model.insert(write.name.to_string(), bytes.clone()),
                None => model.remove(&*write.name),
            };
        }
        self.models.push(model);
        let by = SiloId("one".into());
        self.queued.push_back(Commit {
            actor: self.id.clone(),
            owner: by,
            epoch: self.epoch,
            version: self.version,
            now_ms: 0,
            module: None,
            state: StateWrite::Keep,
            entries: entries.clone(),
            handled: None,
            reminders: Vec::new(),
            delayed: Vec::new(),
            leaving: Leaving::default(),
            cursor: None,
            ending: pizza_store::EndWrite::Keep,
        });
        self.version += 1;
        self.epoch = self.epoch.max(1);
        let durable = if self.forgets_early {
            self.version
        } else {
            self.durable
        };
        self.held.write(&entries, self.version, durable);
    }

    /// The store takes some commits, and the actor hears of some that it has taken.
    fn settle(&mut self) {
        for _ in 0..self.chance.below(6) {
            if let Some(commit) = self.queued.pop_front() {
                drop(self.store.commit(Arc::new(commit)));
            }
        }
        let written = self.version - self.queued.len() as u64;
        let lag = self.chance.below(3) as u64;
        self.durable = self.durable.max(written.saturating_sub(lag));
    }

    async fn reopen(&mut self) {
        while !self.queued.is_empty() {
            self.settle();
        }
        self.durable = self.version;
        let by = SiloId("one".into());
        let opened = self.store.open(&self.id, &by, &Members::alone(&by)).await;
        let Ok(Opened::Opened(stored)) = opened else {
            self.held = Held::default();
            return;
        };
        self.epoch = stored.record.epoch;
        let entries = stored.entries.into_iter().collect();
        self.held = Held::opened(entries, stored.more, self.version);
    }

    async fn check(&mut self, version: u64, entries: &Entries) -> Result<(), String> {
        let model = self.models[usize::try_from(version).expect("few versions")].clone();
        let staged = StagedEntries::new();
        let names: Vec<String> = (0..5).map(|_| self.chance.name()).collect();
        let found = entries.get(&staged, &names, usize::MAX).await;
        let expected: Vec<_> = names.iter().map(|name| model.get(name).cloned()).collect();
        let found = found.map_err(|error| error.to_string())?;
        if found != Some(expected) {
            return Err(format!(
                "{names:?} at version {version} of {}",
                self.version
            ));
        }
        let (from, to) = (self.chance.name(), Some(self.chance.name()));
        let backwards = self.chance.below(2) == 0;
        let range = EntryRange {
            from,
            to,
            backwards,
        };
        let limit = EntryLimit {
            entries: 1 + self.chance.below(20),
            bytes: 1 << 20,
        };
        let page = entries.range(&staged, &range, limit).await;
        let page = page.map_err(|error| error.to_string())?;
        let all: EntryMap = model
            .iter()
            .map(|(n, b)| (n.as_str().into(), b.clone()))
            .collect();
        let expected = all.page(&range, limit).entries;
        READS.fetch_add(expected.len(), Ordering::Relaxed);
        if page.entries != expected {
            return Err(format!(
                "{range:?} at version {version} of {}",
                self.version
            ));
        }
        Ok(())
    }
}

#[tokio::test]
async fn whoever_reads_sees_its_own_version_and_never_anything_else() {
    let mut bytes_max = 0;
    for seed in 0..40 {
        let scene = scene(seed, false).await;
        bytes_max = bytes_max.max(scene.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}")));
    }
    assert!(READS.load(Ordering::Relaxed) > 5_000, "little was read");
    // Two generations, what is read for the next turn, and what is not durable yet.
    let bound = 2 * GENERATION_BYTES + READ_BYTES_MAX + 6_000_000;
    assert!(bytes_max > GENERATION_BYTES, "nothing was ever dropped");
    assert!(bytes_max < bound, "{bytes_max} bytes in memory");
}

#[tokio::test]
async fn what_is_dropped_too_early_is_missed() {
    let mut found = 0;
    for seed in 0..10 {
        found += usize::from(scene(seed, true).await.is_err());
    }
    assert!(found > 5, "in {found} scenes of 10");
}

/// A store without entries that counts the questions.
struct Nothing {
    reads: Arc<AtomicUsize>,
}

#[async_trait]
impl EntryView for Nothing {
    async fn get(&self, names: &[Arc<str>], _: usize) -> Result<Vec<Option<Bytes>>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(vec![None; names.len()])
    }

    async fn range(&self, _: &EntryRange, _: EntryLimit) -> Result<EntryPage, StoreError> {
        Ok(EntryPage::default())
    }
}

#[tokio::test]
async fn what_was_read_is_not_asked_for_again() {
    let reads = Arc::new(AtomicUsize::new(0));
    let nothing = || {
        let reads = Arc::clone(&reads);
        Ok(Arc::new(Nothing { reads }) as Arc<dyn EntryView>)
    };
    let held = Held::opened(EntryMap::default(), true, 7);
    let staged = StagedEntries::new();
    let names = ["x".to_owned(), "y".to_owned()];
    for _ in 0..3 {
        let now = held.now(7, nothing);
        let found = now.get(&staged, &names, 100).await;
        assert_eq!(found, Ok(Some(vec![None, None])));
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    // What was read at another version says nothing of this one.
    let late = held.now(6, nothing);
    drop(late.get(&staged, &names, 100).await);
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}
