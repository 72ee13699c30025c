//! What silos ask each other, whatever carries it.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::{StreamKey, View};
use pizza_types::{ActorId, CallError, CellName, Envelope, ModuleDigest, Reply, ShardId, SiloId};
use serde::{Deserialize, Serialize};

use crate::cells::{CellRequest, StreamPage};
use crate::delivery::Delivery;

/// What one silo asks another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Request {
    /// Deliver this to its actor. The envelope's deadline says nothing, since the two have no
    /// clock in common: `wait_ms` is what is left.
    Deliver {
        envelope: Envelope,
        wait_ms: u64,
        delivery: Delivery,
    },
    /// Commits have left something in the logs of these shards, which the one who is asked guards,
    /// or something that is due later.
    Look { log: Vec<ShardId>, due: bool },
    /// These streams, which the one who is asked guards, have new events.
    Published(Vec<StreamKey>),
    /// Answered once there may be an event above `after`, and after `wait_ms` at the latest.
    EventAfter {
        of: StreamKey,
        after: u64,
        wait_ms: u64,
    },
    /// The record says that the one who is asked owns this actor, since it opened it under this epoch.
    /// Done means that it has it not any more.
    Release { actor: ActorId, epoch: u64 },
    /// Make this module ready for turns: it is about to serve.
    Prepare(ModuleDigest),
    /// What serves this actor type was changed.
    PlanChanged(Arc<str>),
    /// How much is there?
    Load,
    /// From now on let so many actors a second go that belong to others.
    Rebalance { per_second: u64 },
    /// Another cell asks.
    Cell(CellRequest),
    /// Are you there?
    Ping,
    /// There is a newer view than the one who is asked may have.
    View(View),
}

/// What a silo answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Response {
    Reply(Reply),
    Refused(CallError),
    /// Another silo has the actor; this one has done nothing.
    Moved(SiloId),
    /// By the view that the one who was asked has, of this version, it is none of its business.
    NotMine {
        view_version: u64,
    },
    Load(Load),
    Events(StreamPage),
    Keys(Vec<Arc<str>>),
    /// What was asked for could not be done, and why.
    Failed(String),
    Done,
}

/// How much a silo has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Actors in memory.
    pub in_memory: usize,
    /// Those of them that belong to other silos, counted within the last second.
    pub misplaced: usize,
    /// How much of its CPU time the silo has used over the last second or so, in thousandths; one of an older
    /// version does not tell.
    #[serde(default)]
    pub cpu_permille: Option<u16>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The request did not leave.
    #[error("silo {to} cannot be reached: {detail}")]
    NotSent { to: SiloId, detail: String },
    /// The request may have been heard, and what came of it is not known.
    #[error("silo {to} did not answer: {detail}")]
    Lost { to: SiloId, detail: String },
    /// The request did not leave, and never will.
    #[error("the request is {bytes} bytes long, and silo {to} takes {bytes_max}")]
    RequestTooLarge {
        to: SiloId,
        bytes: usize,
        bytes_max: usize,
    },
    /// The other silo is of a program that does not know this request, and has done nothing: do without.
    #[error(
        "silo {to} speaks version {version} of the protocol between silos, in which there is no such request \
         yet: bring it to the program of this silo"
    )]
    NotUnderstood { to: SiloId, version: u16 },
    /// The request was heard, and what came of it is the same whenever it is asked again.
    #[error("the response of silo {to} is {bytes} bytes long; {bytes_max} are taken")]
    ResponseTooLarge {
        to: SiloId,
        bytes: usize,
        bytes_max: usize,
    },
}

/// Asks other silos.
#[async_trait]
pub trait Network: Send + Sync + 'static {
    /// # Errors
    /// When there is no answer.
    async fn ask(&self, to: &SiloId, request: Request) -> Result<Response, LinkError>;
}

/// Asks other cells.
#[async_trait]
pub trait CellNetwork: Send + Sync + 'static {
    /// # Errors
    /// When there is no answer.
    async fn ask(&self, cell: &CellName, request: CellRequest) -> Result<Response, LinkError>;
}

/// Answers other silos.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    async fn answer(&self, request: Request) -> Response;
}

/// The network of a silo that is alone.
#[derive(Debug, Default)]
pub struct Nobody;

#[async_trait]
impl Network for Nobody {
    async fn ask(&self, to: &SiloId, _request: Request) -> Result<Response, LinkError> {
        Err(LinkError::NotSent {
            to: to.clone(),
            detail: "this silo is alone".to_owned(),
        })
    }
}
