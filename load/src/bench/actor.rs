//! Actors of one type, through the generic door: created, read, changed, and one of them by all
//! callers at once. Beside it, if asked for, a bare HTTP server that parses and answers the same
//! JSON: what a machine could do at most.

mod bare;
mod phase;
mod report;

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde_json::Value;

use self::bare::Child;
pub(super) use self::bare::{BareAxum, VERB};

use self::phase::Phase;
use self::report::{Compared, Report};
use super::actor_calls::{ActorCalls, Call};
use super::actor_load::{Keys, Load};
use super::read_back::read_back;
use crate::target::Target;

/// Create, read and change actors of one type, and one of them by all callers at once
///
/// Each phase is a closed loop: every connection sends its next request when it has its answer. In
/// arguments, n in braces becomes a number of ten digits that no other request has, and key in braces
/// that of the actor. For example, with the actor of docs/actors.md:
///
///   pizza bench actor --type tally --create add --create-with '{"amount": 1}' --read get
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Actor {
    #[command(flatten)]
    target: Target,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Measured time of each phase
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Load before each phase, not measured
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
    #[command(flatten)]
    of: ActorCalls,
    /// The command that changes one; the one that creates it if it is not said
    #[arg(long, value_name = "METHOD")]
    change: Option<String>,
    /// Its arguments
    #[arg(long, value_name = "JSON", requires = "change")]
    change_with: Option<String>,
    /// So many of those that were created are read and changed in turns
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    keys: u64,
    /// Measure a bare axum that parses and answers the same JSON, too, phase by phase
    #[arg(long)]
    beside_axum: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What the three kinds of phases ask.
struct Calls {
    create: Call,
    read: Call,
    change: Call,
}

impl Actor {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let calls = self.calls()?;
        // Another one each time, so that what is created was never there.
        let prefix = format!("bench-{:08x}", rand::random::<u32>());
        let mut answers = Vec::new();
        for call in [&calls.create, &calls.read, &calls.change] {
            answers.push(self.of.sample(&self.target, call, &prefix).await?);
        }
        let beside = if self.beside_axum {
            Some(Child::start(&calls.answers(answers)).await?)
        } else {
            None
        };
        let load = Load {
            connections: self.connections,
            warm_up: Duration::from_secs(self.warm_up),
            took: Duration::from_secs(self.seconds),
        };
        let mut compared = Vec::new();
        let (mut sent, mut unsure, mut known) = (0, 0, self.keys);
        for phase in Phase::ALL {
            let call = match phase {
                Phase::Create => &calls.create,
                Phase::Read => &calls.read,
                Phase::Change | Phase::Hot => &calls.change,
            };
            let keys = match phase {
                Phase::Create => Keys::New,
                Phase::Read | Phase::Change => Keys::Known(known),
                Phase::Hot => Keys::Known(1),
            };
            let ours = load
                .put_on(
                    &self.target,
                    &self.of.request(&self.target, call, &prefix),
                    keys,
                )
                .await?;
            if phase == Phase::Create {
                (sent, unsure) = (ours.sent, ours.unsure);
                known = self.keys.min(sent);
                ensure!(sent > unsure, "nothing was created");
            }
            let bare = match &beside {
                Some(child) => {
                    let request = self.of.request(&child.target, call, &prefix);
                    Some(load.put_on(&child.target, &request, keys).await?)
                }
                None => None,
            };
            compared.push(Compared { phase, ours, bare });
        }
        // Whatever was not acknowledged need not be there.
        let read = Arc::new(self.of.request(&self.target, &calls.read, &prefix));
        let request = move |key| (Arc::clone(&read), key);
        let missing = read_back(&self.target, sent, None, request).await?.lost;
        let (created, lost) = (sent - unsure, missing.saturating_sub(unsure));
        let report = Report {
            actor_type: self.of.actor_type.clone(),
            load,
            compared,
            created,
            lost,
        };
        report.print(self.json)?;
        report.complain()
    }

    fn calls(&self) -> anyhow::Result<Calls> {
        let create = self.of.create()?;
        let change = Call::named(self.change.as_ref(), self.change_with.as_ref());
        Ok(Calls {
            read: self.of.read(),
            change: change.unwrap_or_else(|| create.clone()),
            create,
        })
    }
}

impl Calls {
    /// By method, as the bare server takes them; where two calls are of one method, they have one
    /// answer.
    fn answers(&self, answers: Vec<Option<Value>>) -> Value {
        let methods = [&self.create, &self.read, &self.change].map(|call| call.method.clone());
        let answers = answers.into_iter().map(Option::unwrap_or_default);
        Value::Object(methods.into_iter().zip(answers).collect())
    }
}
