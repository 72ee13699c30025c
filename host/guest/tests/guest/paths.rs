//! A turn that is handed over whole comes to the same as one by the exports and imports of the
//! contract: all bundled actors and the probe get messages by chance on both paths.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use pizza_guest::{
    Calls, Entries, Grant, GuestError, HostConfig, Invocation, Manifest, Module, StoredEntries,
    Turn, TypeSettings, WasmHost,
};
use pizza_types::{
    ActorId, Body, CallError, Effect, EntryLimit, EntryMap, EntryPage, EntryRange, MessageId,
    Outcome, State, StateWrite, StreamEvent,
};
use pizza_value::ty::Type;

use crate::chance::Chance;

#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../../../../actors/bundled.rs"]
mod bundled;
#[path = "../../../../actors/compile.rs"]
mod compile;

/// Messages to each actor. More by `PATHS_MESSAGES`, where one searches.
const MESSAGES: u64 = 1_500;

/// So many messages come to one actor; then there is another.
const LIFE: u64 = 150;

/// One actor type, as it is and by its exports alone.
struct Pair {
    whole: Arc<Module>,
    apart: Arc<Module>,
}

#[tokio::test]
async fn both_paths_come_to_the_same() {
    let messages = std::env::var("PATHS_MESSAGES").ok();
    let messages = messages.map_or(MESSAGES, |text| text.parse().expect("a number"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut types = bundled::bundled(&root).expect("manifests");
    types.push("probe".to_owned());
    let compiled = compile::compile(&root, &types).expect("the actors compile");
    let host = WasmHost::new(HostConfig {
        cache_dir: Some(root.join("target/test-cache")),
        ..HostConfig::default()
    });
    let host = host.expect("an engine");
    let mut lives = Vec::new();
    for actor_type in &types {
        let wasm = std::fs::read(compiled.join(compile::file(actor_type))).expect("a component");
        let pair = Pair {
            whole: load(&host, actor_type, &wasm, true).await,
            apart: load(&host, actor_type, &wasm, false).await,
        };
        for method in pair.whole.methods() {
            let name = &method.function.name;
            assert!(method.is_whole(), "{actor_type}.{name} is not whole");
        }
        lives.push((Life::new(actor_type, lives.len() as u64, &types), pair));
    }
    // In turns: what actors publish is what others hear.
    let mut published: BTreeMap<String, Vec<Bytes>> = BTreeMap::new();
    for message in 0..messages {
        for (life, pair) in &mut lives {
            // What an actor has become takes ever less of what comes by chance.
            if message.is_multiple_of(LIFE) {
                life.begin_again();
            }
            life.message(pair, message, &mut published).await;
        }
    }
    let mut totals = Totals::default();
    for (life, _) in &lives {
        life.report();
        totals.add(&life.totals);
    }
    // Otherwise little was tried but refusals.
    let Totals {
        committed,
        declined,
        refused,
        effects,
        asked,
        read,
        ..
    } = totals;
    let floor = messages / 10;
    assert!(
        committed > 5 * floor,
        "only {committed} turns were committed"
    );
    assert!(declined > floor, "only {declined} turns declined");
    assert!(refused > floor, "only {refused} messages were refused");
    assert!(effects > floor, "only {effects} effects");
    assert!(asked > floor, "only {asked} calls");
    assert!(read > floor, "only {read} questions for entries");
}

async fn load(host: &WasmHost, actor_type: &str, wasm: &[u8], whole_turns: bool) -> Arc<Module> {
    let mut settings = TypeSettings {
        grant: Grant::Exactly(Manifest::everything()),
        whole_turns,
        ..TypeSettings::default()
    };
    // Tests share two cores with each other.
    settings.limits.cpu_ms = 2_000;
    let module = host.load(actor_type, wasm, settings).await;
    module.expect("the module loads")
}

#[derive(Default, Clone, Copy)]
struct Totals {
    committed: u64,
    declined: u64,
    refused: u64,
    trapped: u64,
    effects: u64,
    asked: u64,
    /// Questions for entries that were not in memory.
    read: u64,
}

impl Totals {
    fn add(&mut self, other: &Self) {
        self.committed += other.committed;
        self.declined += other.declined;
        self.refused += other.refused;
        self.trapped += other.trapped;
        self.effects += other.effects;
        self.asked += other.asked;
        self.read += other.read;
    }
}

/// One actor through all its messages.
struct Life {
    actor: ActorId,
    /// Who sends messages.
    types: Vec<String>,
    chance: Chance,
    state: Option<State>,
    entries: EntryMap,
    totals: Totals,
}

impl Life {
    fn new(actor_type: &str, seed: u64, types: &[String]) -> Self {
        Self {
            actor: ActorId::new(actor_type, "a").expect("a valid id"),
            types: types.to_vec(),
            chance: Chance::new(seed, 150),
            state: None,
            entries: EntryMap::default(),
            totals: Totals::default(),
        }
    }

    fn begin_again(&mut self) {
        self.state = None;
        self.entries = EntryMap::default();
    }

    async fn message(
        &mut self,
        pair: &Pair,
        number: u64,
        published: &mut BTreeMap<String, Vec<Bytes>>,
    ) {
        let invocation = self.invocation(pair, published);
        let seed = self.chance.number(u64::MAX);
        let all = Entries::all(self.entries.clone());
        let (apart, asked_apart) = self
            .run(&pair.apart, &invocation, number, seed, all.clone())
            .await;
        let (whole, asked_whole) = self.run(&pair.whole, &invocation, number, seed, all).await;
        self.check_partly(pair, &invocation, number, seed, &whole)
            .await;
        let context = || format!("message {number} to {}: {invocation:?}", self.actor);
        if apart.as_ref().is_err_and(is_staging) {
            // It was stopped where it staged that; a whole turn is stopped at its end, or by what
            // it did before.
            assert!(whole.is_err(), "{}: {apart:?}, {whole:?}", context());
            assert!(asked_whole.starts_with(&asked_apart), "{}", context());
            self.totals.trapped += 1;
            return;
        }
        let (apart_text, whole_text) = (format!("{apart:?}"), format!("{whole:?}"));
        assert_eq!(apart_text, whole_text, "{}", context());
        assert_eq!(asked_apart, asked_whole, "{}", context());
        self.totals.asked += asked_apart.len() as u64;
        match apart {
            Ok(outcome) => self.commit(outcome, published),
            Err(GuestError::BadArguments { .. }) => self.totals.refused += 1,
            Err(_) => self.totals.trapped += 1,
        }
    }

    fn invocation(&mut self, pair: &Pair, published: &BTreeMap<String, Vec<Bytes>>) -> Invocation {
        let (chance, hooks) = (&mut self.chance, pair.apart.hooks());
        let name: Arc<str> = chance.text().into();
        match chance.number(40) {
            0 => Invocation::Activate,
            1 => Invocation::Deactivate,
            2 if hooks.timer => Invocation::Message(Body::Timer { name }),
            2 | 3 if hooks.reminder => Invocation::Message(Body::Reminder {
                name,
                due_ms: chance.number(1 << 41),
                missed: chance.number(3) as u32,
            }),
            2..=6 if hooks.events => {
                let streams = pair.apart.subscriptions();
                let stream = &streams[chance.number(streams.len() as u64) as usize];
                let heard = published.get(&**stream).map_or(&[][..], |all| all);
                let event = |position| StreamEvent {
                    position,
                    payload: match heard.len() {
                        0 => "{}".into(),
                        count => heard[chance.number(count as u64) as usize].clone(),
                    },
                };
                Invocation::Message(Body::Events {
                    stream: Arc::clone(stream),
                    events: (1..4).map(event).collect(),
                })
            }
            _ => {
                let mut methods: Vec<_> = pair.apart.methods().collect();
                methods.sort_by(|a, b| a.function.name.cmp(&b.function.name));
                let method = methods[chance.number(methods.len() as u64) as usize];
                let arguments = chance.arguments(&method.function);
                Invocation::call(&*method.function.name, arguments)
            }
        }
    }

    /// It makes no difference which entries are in memory, on either path.
    async fn check_partly(
        &mut self,
        pair: &Pair,
        invocation: &Invocation,
        number: u64,
        seed: u64,
        expected: &Result<Outcome, GuestError>,
    ) {
        for module in [&pair.apart, &pair.whole] {
            let (entries, reads) = partly(&self.entries, &mut self.chance);
            let (found, _) = self.run(module, invocation, number, seed, entries).await;
            // A turn through the imports may be stopped earlier, and otherwise.
            if expected.as_ref().is_err_and(is_staging) || found.as_ref().is_err_and(is_staging) {
                assert!(
                    found.is_err() && expected.is_err(),
                    "{found:?}, {expected:?}"
                );
                continue;
            }
            // To remove what is not there is left out where that is known.
            let changes = |outcome: &Result<Outcome, GuestError>| {
                let mut outcome = outcome.clone();
                if let Ok(outcome) = &mut outcome {
                    let is_there = |name: &str| self.entries.get(name).is_some();
                    let entries = &mut outcome.entries;
                    entries.retain(|write| write.bytes.is_some() || is_there(&write.name));
                }
                outcome
            };
            let (found, expected) = (changes(&found), changes(expected));
            let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
            assert_eq!(found, expected, "message {number}: {invocation:?}");
            self.totals.read += reads.load(Ordering::Relaxed);
        }
    }

    async fn run(
        &self,
        module: &Arc<Module>,
        invocation: &Invocation,
        number: u64,
        seed: u64,
        entries: Entries,
    ) -> (Result<Outcome, GuestError>, Vec<String>) {
        let others = Arc::new(Others {
            module: Arc::clone(module),
            chance: Mutex::new(Chance::new(seed, 200)),
            asked: Mutex::default(),
        });
        let sender = &self.types[(seed % self.types.len() as u64) as usize];
        let caller = seed
            .is_multiple_of(3)
            .then(|| ActorId::new(sender.as_str(), "a-1"));
        let turn = Turn {
            actor: self.actor.clone(),
            invocation: invocation.clone(),
            message_id: MessageId(u128::from(seed).to_le_bytes()),
            caller: caller.map(|id| id.expect("a valid id")),
            now_ms: 1_800_000_000_000 + number * 7_000,
            random_seed: seed,
            trace: seed
                .is_multiple_of(2)
                .then(|| "4bf92f3577b34da6a3ce929d0e0e4736".into()),
            depth: 0,
            deadline_ms_left: 60_000,
            state: self.state.clone(),
            entries,
            calls: Arc::clone(&others) as _,
        };
        let outcome = module.run(turn).await;
        let asked = std::mem::take(&mut *others.asked.lock());
        (outcome, asked)
    }

    /// What a silo would do with it.
    fn commit(&mut self, outcome: Outcome, published: &mut BTreeMap<String, Vec<Bytes>>) {
        self.totals.declined += u64::from(outcome.declined);
        if outcome.changes_nothing() {
            return;
        }
        self.totals.committed += 1;
        self.totals.effects += outcome.effects.len() as u64;
        match outcome.state {
            StateWrite::Keep => {}
            StateWrite::Set(state) => self.state = Some(state),
            StateWrite::Clear => {
                self.state = None;
                self.entries = EntryMap::default();
            }
        }
        for write in outcome.entries {
            if let Some((_, key)) = write.name.split_once('/') {
                self.chance.remember(key);
            }
            match write.bytes {
                Some(bytes) => self.entries.set(write.name, Some(bytes)),
                None => self.entries.forget(&write.name),
            }
        }
        for effect in outcome.effects {
            match effect {
                Effect::Publish {
                    stream, payload, ..
                } => {
                    let heard = published.entry(stream.to_string()).or_default();
                    if heard.len() < 500 {
                        heard.push(payload);
                    }
                }
                Effect::SetTimer { name, .. } | Effect::SetReminder { name, .. } => {
                    self.chance.remember(&name);
                }
                _ => {}
            }
        }
    }

    #[allow(clippy::print_stdout, reason = "the report of this test")]
    fn report(&self) {
        let Totals {
            committed,
            declined,
            refused,
            trapped,
            effects,
            asked,
            read,
        } = self.totals;
        println!(
            "{}: {committed} committed with {effects} effects, {declined} declined, \
             {refused} refused, {trapped} failed, {asked} calls, {read} reads",
            self.actor.actor_type()
        );
    }
}

/// What a guest may not stage: the host says so when it tries.
fn is_staging(error: &GuestError) -> bool {
    matches!(
        error,
        GuestError::Refused { .. }
            | GuestError::NotGranted(_)
            | GuestError::TooManyEffects { .. }
            | GuestError::TransferTooLarge { .. }
            | GuestError::StateTooLarge { .. }
            | GuestError::WriteFromQuery(_)
    )
}

/// The entries as an actor may hold them: some of them in memory in one generation or the other,
/// some of them hiding what the store has, and the rest asked for.
fn partly(all: &EntryMap, chance: &mut Chance) -> (Entries, Arc<AtomicU64>) {
    let (mut newer, mut older, mut stored) = (
        EntryMap::default(),
        EntryMap::default(),
        EntryMap::default(),
    );
    let stale = || Some(Bytes::from_static(b"what it was before"));
    for (name, value) in all.range(&EntryRange::with_prefix("", None)) {
        let (name, value) = (|| Arc::clone(name), || value.cloned());
        match chance.number(4) {
            0 => newer.set(name(), value()),
            1 => {
                newer.set(name(), value());
                older.set(name(), if chance.one_in(2) { stale() } else { None });
                stored.set(name(), stale());
            }
            2 => older.set(name(), value()),
            _ => stored.set(name(), value()),
        }
        if chance.one_in(4) {
            let gone: Arc<str> = format!("{}.gone", name()).into();
            newer.set(Arc::clone(&gone), None);
            stored.set(gone, stale());
        }
    }
    let reads = Arc::new(AtomicU64::new(0));
    let rest = Arc::new(Elsewhere {
        entries: stored,
        reads: Arc::clone(&reads),
    });
    (Entries::some(newer, older, rest), reads)
}

/// A store that answers in small pieces, and after a while.
struct Elsewhere {
    entries: EntryMap,
    reads: Arc<AtomicU64>,
}

#[async_trait]
impl StoredEntries for Elsewhere {
    async fn get(&self, names: &[Arc<str>], _: usize) -> Result<Vec<Option<Bytes>>, CallError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        let some = names.iter().take(3);
        Ok(some
            .map(|name| self.entries.get(name).flatten().cloned())
            .collect())
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, CallError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        let entries = limit.entries.min(2);
        Ok(self.entries.page(range, EntryLimit { entries, ..limit }))
    }
}

/// Other actors, who answer by chance: mostly what they should.
struct Others {
    module: Arc<Module>,
    chance: Mutex<Chance>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Calls for Others {
    async fn call(
        &self,
        target: ActorId,
        method: Arc<str>,
        arguments: Bytes,
    ) -> Result<Bytes, CallError> {
        let text = String::from_utf8_lossy(&arguments);
        self.asked.lock().push(format!("{target}.{method} {text}"));
        let mut chance = self.chance.lock();
        if chance.one_in(5) {
            return Err(CallError::Deadline {
                when: CallError::IN_TURN.into(),
            });
        }
        let mut clients = self.module.clients().iter();
        let client = clients.find(|client| *client.actor_type == **target.actor_type());
        let functions = client.into_iter().flat_map(|client| &client.functions);
        let mut named = functions.filter(|function| function.function.name == *method);
        let reply: Option<&Type> = named.find_map(|function| function.reply.as_ref());
        let reply = reply.map(|ty| chance.value(ty).to_string());
        Ok(reply.unwrap_or_else(|| "{\"ok\":null}".to_owned()).into())
    }
}
