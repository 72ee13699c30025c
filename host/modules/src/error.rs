//! Why a module was not taken, or not put to work. Each stage of the pipeline has errors of its
//! own, so that a client can tell them apart.

use pizza_guest::LoadError;
use pizza_store::StoreError;
use pizza_types::ModuleDigest;

use crate::record::Withdrawn;
use crate::sign::SignError;

/// Why something was not done with a module.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{bytes} bytes; at most {bytes_max} are taken (size_mib in [silo.modules] raises it)")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("{0:?} is no actor type: 1 to 64 letters a-z, digits and '-', a letter first")]
    ActorType(String),
    #[error("the signature: {0}")]
    Signature(#[from] SignError),
    /// The component was refused before anything was compiled.
    #[error(transparent)]
    Inspected(LoadError),
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A sampled state of an actor cannot be taken over. It has a force of its own, so that
    /// `--force` for a warning does not reach this far.
    #[error(
        "it cannot take over the state of {actor} (layout {schema}): {why} \
         (--force-unreadable lets it serve all the same)"
    )]
    Unreadable {
        actor: String,
        schema: u32,
        why: String,
    },
    /// Somebody who runs now would not get what it calls any more. Never forced.
    #[error(
        "it would break a caller: {}; keep what it expects, or let a module of the caller serve first that \
         expects the other", .0.join("; ")
    )]
    Breaks(Vec<String>),
    /// Somebody outside may rely on what changes.
    #[error("it changes what others may rely on (--force to do it all the same): {}", .0.join("; "))]
    Warnings(Vec<String>),
    #[error(
        "{count} actors ({example} is one) have state of layout {found}, which module {digest} \
         cannot read: it knows layout {knows}; what helps is a newer module that reads layout {found}"
    )]
    NewerStates {
        count: usize,
        example: String,
        found: u32,
        digest: ModuleDigest,
        knows: u32,
    },
    #[error("no module {0}; `pizza module list` shows those that are kept")]
    Unknown(String),
    #[error("{prefix:?} is the beginning of more than one digest, so give more of it: {}", .found.join(", "))]
    Ambiguous { prefix: String, found: Vec<String> },
    #[error(
        "module {digest} is already one of actor type {actor_type:?}: push it with --type {actor_type}, or \
         build it anew for the other type"
    )]
    OtherType {
        digest: ModuleDigest,
        actor_type: String,
    },
    #[error("module {digest} stays: {why}")]
    Needed {
        digest: ModuleDigest,
        why: &'static str,
    },
    #[error(
        "nothing serves actor type {0:?}; `pizza module push FILE --type {0} --activate` lets something serve"
    )]
    NothingServes(String),
    #[error(
        "module {digest} was withdrawn by {}: {} (--allow-withdrawn lets it serve all the same)",
        .withdrawn.by, .withdrawn.why
    )]
    Withdrawn {
        digest: ModuleDigest,
        withdrawn: Withdrawn,
    },
    #[error(
        "module {0} serves now: let another serve first (pizza module rollback, or activate), \
         then withdraw it"
    )]
    Serves(ModuleDigest),
    #[error("module {0} is not withdrawn")]
    NotWithdrawn(String),
    #[error(
        "nothing that is not withdrawn served actor type {0:?} before: there is nothing to go \
         back to"
    )]
    NothingBefore(String),
    #[error("{0} percent: a canary has more than 0 and at most 100")]
    Percent(f64),
    #[error(
        "a canary does not give actors back: it has {has} percent, {wanted} are fewer (`pizza module rollback` takes all of them back)"
    )]
    Shrinks { has: f64, wanted: f64 },
    /// Somebody else has changed what serves between the look and the change.
    #[error(
        "what serves {0:?} was changed by somebody else at the same time; look at it, and say it \
         again if it is still what you want"
    )]
    Changed(String),
    /// Whoever wants a change has seen another plan than there is.
    #[error(
        "what serves {actor_type:?} is at version {now}, and not at {seen} any more; look at it, and \
         say it again if it is still what you want"
    )]
    Seen {
        actor_type: String,
        seen: u64,
        now: u64,
    },
    /// Silos that could not make the module ready, and why.
    #[error("not every silo has it ready: {}", .0.join("; "))]
    Unprepared(Vec<String>),
    #[error(
        "module {digest} writes layout {schema}, which other silos cannot read: it can serve on all \
         silos only"
    )]
    OnlyHere { digest: ModuleDigest, schema: u32 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// The stage of the pipeline that refused, for machines.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::ActorType(_) | Self::Signature(_) => "verify",
            Self::Inspected(LoadError::NotAComponent { .. }) => "verify",
            Self::Inspected(_) => "inspect",
            Self::Load(error) => match error {
                LoadError::NotAComponent { .. } | LoadError::Manifest(_) => "verify",
                LoadError::Invalid(_)
                | LoadError::CompileBound { .. }
                | LoadError::Compiler(_)
                | LoadError::Cache { .. }
                | LoadError::Engine(_) => "compile",
                LoadError::Start(_) => "warm",
                _ => "check",
            },
            Self::Breaks(_) | Self::Warnings(_) | Self::OtherType { .. } => "check",
            Self::Store(_) => "keep",
            _ => "activate",
        }
    }
}
