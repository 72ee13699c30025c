//! What a guest can do wrong, and why a module can be refused.

use std::fmt;
use std::time::Instant;

use pizza_types::{CallError, Mistake};
use pizza_value::ValueError;

/// A turn that came to nothing: whatever it staged is gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuestError {
    #[error("the guest trapped: {0}")]
    Trap(String),
    #[error("the turn used more than {limit_ms} ms of CPU time (cpu_ms of its type raises it)")]
    CpuBudget { limit_ms: u64 },
    #[error("the turn was not done when its deadline came")]
    Deadline,
    #[error(
        "the guest wanted more than {limit} bytes of memory (memory_mib of its type raises it)"
    )]
    Memory { limit: usize },
    #[error("the guest wanted a table of more than {limit} elements")]
    Table { limit: usize },
    #[error("the guest's calls are nested too deep for its stack")]
    StackOverflow,
    #[error(
        "{what} of {found} bytes; at most {limit} are allowed (state_kib of its type raises it; what grows \
         without bound belongs in entries, a part of them in each turn)"
    )]
    StateTooLarge {
        what: &'static str,
        found: usize,
        limit: usize,
    },
    #[error(
        "more than {limit} effects in one turn (effects of its type, and of its manifest, raise it)"
    )]
    TooManyEffects { limit: usize },
    #[error("more than {limit} handles at once")]
    TooManyHandles { limit: usize },
    #[error("{what} of more than {limit} bytes (transfer_kib of its type raises it)")]
    TransferTooLarge { what: &'static str, limit: usize },
    #[error(
        "no instance was free within {waited_ms} ms (instances of its type has more at work at once)"
    )]
    NoInstance { waited_ms: u64 },
    #[error("{}", pizza_types::told(mistakes))]
    BadArguments { mistakes: Vec<Mistake> },
    #[error("actor type {actor_type:?} has no method {method:?}; it has {known}")]
    UnknownMethod {
        actor_type: String,
        method: String,
        known: String,
    },
    #[error("the actor's entries could not be read: {0}")]
    Entries(String),
    #[error(
        "a turn that only reads may not {0}: what does belongs in the commands, not in the interface …-queries"
    )]
    WriteFromQuery(&'static str),
    #[error("{0}")]
    NotGranted(String),
    #[error("{what} is not possible: {why}")]
    Refused { what: &'static str, why: String },
}

impl GuestError {
    /// The bound that was broken, for machines.
    #[must_use]
    pub fn bound(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::CpuBudget { .. } => "cpu",
            Self::Deadline => "deadline",
            Self::Memory { .. } => "memory",
            Self::Table { .. } => "table",
            Self::StackOverflow => "stack",
            Self::StateTooLarge { .. } => "state",
            Self::TooManyEffects { .. } => "effects",
            Self::TooManyHandles { .. } => "handles",
            Self::TransferTooLarge { .. } => "transfer",
            Self::NoInstance { .. } => "instances",
            Self::BadArguments { .. } => "arguments",
            Self::UnknownMethod { .. } => "method",
            Self::Entries(_) => "store",
            Self::WriteFromQuery(_) => "query",
            Self::NotGranted(_) => "grant",
            Self::Refused { .. } => "refused",
        }
    }

    /// What the module is not granted, and the words of a manifest that ask for it.
    pub(crate) fn not_granted(what: &str, words: &str) -> Self {
        Self::NotGranted(format!(
            "{what} is not granted to this module: its manifest has to ask for {words}, and \
             [silo.types.….grant], where the operator has one for its type, to allow it"
        ))
    }

    pub(crate) fn bad_arguments(errors: Vec<ValueError>) -> Self {
        let mistakes = errors.into_iter().map(|error| Mistake {
            message: error.problem.to_string(),
            pointer: error.pointer,
        });
        Self::BadArguments {
            mistakes: mistakes.collect(),
        }
    }

    pub(crate) fn misfit(what: &str) -> Self {
        Self::Trap(format!("{what} does not fit its type"))
    }

    pub(crate) fn no_instance(waiting_since: Instant) -> Self {
        let waited_ms = waiting_since.elapsed().as_millis();
        Self::NoInstance {
            waited_ms: u64::try_from(waited_ms).unwrap_or(u64::MAX),
        }
    }
}

impl From<GuestError> for CallError {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::BadArguments { mistakes } => Self::BadArguments { mistakes },
            GuestError::UnknownMethod {
                actor_type,
                method,
                known,
            } => Self::UnknownMethod {
                actor_type,
                method,
                known,
            },
            // The turn has not begun, so the caller may simply try again.
            GuestError::NoInstance { waited_ms } => Self::Overloaded {
                what: format!("no instance was free within {waited_ms} ms"),
                retry_after_ms: 1_000,
            },
            // The guest was at work when time ran out; nothing of it is committed.
            GuestError::Deadline => Self::Deadline {
                when: Self::IN_TURN.into(),
            },
            GuestError::Entries(detail) => Self::Store { detail },
            error => Self::Failed {
                bound: error.bound().into(),
                detail: error.to_string(),
            },
        }
    }
}

/// Why a module is refused.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("not a component: {found}; build it for wasm32-wasip2")]
    NotAComponent { found: &'static str },
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// The component has too much of something. It is found before anything is compiled.
    #[error("{found} {what}; at most {max} are taken ({setting})")]
    Bound {
        what: &'static str,
        found: u64,
        max: u64,
        /// The setting that raises the bound, or that none does.
        setting: &'static str,
    },
    #[error("its manifest, which `silo_sdk::manifest!`, manifest.mjs or manifest.py has: {0}")]
    Manifest(String),
    #[error(
        "{subject} is not granted: its manifest has to ask for {words}, and [silo.types.….grant], where \
         the operator has one for its type, to allow it; as it is, {granted}"
    )]
    NotGranted {
        subject: String,
        /// The words of a manifest that ask for it.
        words: String,
        granted: String,
    },
    #[error(
        "compiling it takes more {bound} than it is given: {detail} (compile_cpu_s, compile_memory_mib and the like in [silo.modules] give more)"
    )]
    CompileBound { bound: &'static str, detail: String },
    #[error("the compiler: {0}")]
    Compiler(String),
    #[error(
        "the import {name} is not granted, to no module; granted are {allowed}. Build it without: \
         what has files or a network is left out by other features, or stubbed"
    )]
    ForbiddenImport { name: String, allowed: String },
    #[error(
        "{location}: {kind} cannot pass between actors; say it by records, variants, lists and the like"
    )]
    UnsupportedType {
        location: String,
        kind: &'static str,
    },
    #[error(
        "method {name:?} is exported by both {first} and {second}; give one of them another name"
    )]
    DuplicateMethod {
        name: String,
        first: String,
        second: String,
    },
    #[error("the hook {interface}.{function} is not the platform's: {problem}")]
    Hook {
        interface: String,
        function: String,
        problem: String,
    },
    #[error(
        "it exports no method and no hook: its world has to `export` an interface with a function"
    )]
    NoExports,
    #[error("client interface {interface}, function {function}: {problem}")]
    ClientInterface {
        interface: String,
        function: String,
        problem: String,
    },
    #[error(
        "its first instance cannot start: {0}; what runs before a turn can use nothing of the silo"
    )]
    Start(String),
    #[error("the engine: {0}")]
    Engine(String),
    #[error("the cache of compiled modules, {path}: {source}")]
    Cache {
        path: String,
        source: std::io::Error,
    },
}

/// A client that does not fit what its target exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMismatch {
    pub interface: String,
    pub function: String,
    pub problem: String,
}

impl fmt::Display for ClientMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            interface,
            function,
            problem,
        } = self;
        write!(f, "{interface}, function {function}: {problem}")
    }
}
