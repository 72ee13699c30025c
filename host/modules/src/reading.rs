//! Whether a module can take over a state: it migrates a copy where it must, wakes up with
//! it, and answers its queries from it. All that comes of it is thrown away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use pizza_guest::{Calls, Entries, GuestError, Invocation, Module, Turn};
use pizza_types::{ActorId, CallError, MessageId, State, StateWrite};

/// What an actor has: a value, entries beside it, or both.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) state: Option<State>,
    pub(crate) entries: Entries,
}

impl Kept {
    /// The layout of the state; 0 where there are entries alone.
    pub(crate) fn schema(&self) -> u32 {
        self.state.as_ref().map_or(0, |state| state.schema)
    }
}

/// What was done with a state.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) migrated: bool,
    /// What has read the state: `activate`, and the names of queries.
    pub(crate) read_by: Vec<String>,
}

/// Lets `module` take over what the actor has, in memory only.
///
/// # Errors
/// Why the module cannot take it over. What `served` fails at just so, it may fail at.
pub(crate) async fn of(
    module: &Arc<Module>,
    served: Option<&Arc<Module>>,
    actor: &ActorId,
    kept: &Kept,
    now_ms: u64,
) -> Result<Found, String> {
    let copy = |state: Option<State>| Copy {
        actor: actor.clone(),
        state,
        entries: kept.entries.clone(),
        now_ms,
    };
    let before = copy(kept.state.clone());
    let (migrated, taken) = migrated(module, &before).await?;
    let taken = copy(taken);
    let mut found = Found {
        migrated,
        read_by: Vec::new(),
    };
    for way in ways(module) {
        match taken.read(module, &way).await {
            Read::Done => found.read_by.push(way.name().to_owned()),
            Read::NotTold => {}
            Read::Failed(why) => {
                // A query may well fail on some state, under every module. Only what the served
                // one can do counts, if it can read this layout at all.
                let served = served.filter(|served| served.schema() >= kept.schema());
                let as_ever = match served {
                    Some(served) => before.read(served, &way).await,
                    None => Read::NotTold,
                };
                if !matches!(as_ever, Read::Failed(_)) {
                    return Err(format!("{}: {why}", way.name()));
                }
            }
        }
    }
    Ok(found)
}

/// What reads a state and needs nothing else.
enum Way {
    Activate,
    Query(Arc<str>),
}

impl Way {
    fn name(&self) -> &str {
        match self {
            Self::Activate => "activate",
            Self::Query(name) => name,
        }
    }
}

/// `activate`, then all queries without parameters in alphabetical order.
fn ways(module: &Module) -> Vec<Way> {
    let queries = module.methods().filter(|method| method.query);
    let queries = queries.filter(|method| method.function.params.is_empty());
    let mut names: Vec<Arc<str>> = queries.map(|m| m.function.name.as_str().into()).collect();
    // So that two runs report alike.
    names.sort();
    let activate = module.hooks().activate.then_some(Way::Activate);
    let queries = names.into_iter().map(Way::Query);
    activate.into_iter().chain(queries).collect()
}

/// A state, and the entries beside it.
struct Copy {
    actor: ActorId,
    state: Option<State>,
    entries: Entries,
    now_ms: u64,
}

enum Read {
    Done,
    Failed(String),
    /// It asked another actor, or there was no room: that says nothing of the state.
    NotTold,
}

impl Copy {
    fn turn(&self, invocation: Invocation) -> Turn {
        // No message: nothing that this turn stages is ever kept or sent.
        let id = MessageId([0; 16]);
        let mut turn = Turn::alone(self.actor.clone(), invocation, id, self.now_ms);
        turn.state.clone_from(&self.state);
        turn.entries = self.entries.clone();
        turn
    }

    async fn read(&self, module: &Arc<Module>, way: &Way) -> Read {
        let invocation = match way {
            Way::Activate => Invocation::Activate,
            Way::Query(method) => Invocation::call(Arc::clone(method), Bytes::from_static(b"{}")),
        };
        let nobody = Arc::new(Nobody::default());
        let mut turn = self.turn(invocation);
        turn.calls = Arc::clone(&nobody) as Arc<dyn Calls>;
        match module.run(turn).await {
            Ok(_) => Read::Done,
            // The guest may trap on a call that fails, which says nothing of the state.
            Err(_) if nobody.was_asked.load(Ordering::Relaxed) => Read::NotTold,
            Err(
                GuestError::NoInstance { .. }
                | GuestError::Deadline
                | GuestError::UnknownMethod { .. },
            ) => Read::NotTold,
            Err(error) => Read::Failed(error.to_string()),
        }
    }
}

/// Whether there was anything to migrate, and the state as the module wants it.
async fn migrated(module: &Arc<Module>, copy: &Copy) -> Result<(bool, Option<State>), String> {
    let knows = module.schema();
    let Some(state) = copy.state.as_ref().filter(|state| state.schema != knows) else {
        return Ok((false, copy.state.clone()));
    };
    if state.schema > knows {
        return Err(format!("the module knows no layout after {knows}"));
    }
    if !module.hooks().migrate {
        return Err("the module has no migrate".to_owned());
    }
    let invocation = Invocation::Migrate {
        from_schema: state.schema,
        bytes: state.bytes.clone(),
    };
    let mut turn = copy.turn(invocation);
    // The old bytes are the argument; the module must not find them as a state of its own.
    turn.state = None;
    let outcome = module.run(turn).await.map_err(|error| error.to_string())?;
    match outcome.state {
        StateWrite::Set(state) => Ok((true, Some(state))),
        StateWrite::Keep | StateWrite::Clear => Err("migrate gave no state".to_owned()),
    }
}

/// Answers nothing, and knows whether it was asked.
#[derive(Default)]
struct Nobody {
    was_asked: AtomicBool,
}

#[async_trait]
impl Calls for Nobody {
    async fn call(&self, target: ActorId, _: Arc<str>, _: Bytes) -> Result<Bytes, CallError> {
        self.was_asked.store(true, Ordering::Relaxed);
        Err(CallError::Failed {
            bound: "calls".into(),
            detail: format!("{target} cannot be called in a dry run"),
        })
    }
}
