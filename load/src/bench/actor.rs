//! Actors of one type, through the generic door: created, read, changed, and one of them by all
//! callers at once. Beside it, if asked for, a bare HTTP server that parses and answers the same
//! JSON: what a machine could do at most.

mod bare;
mod phase;
mod report;

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::Value;

use self::bare::Child;
pub(super) use self::bare::{BareAxum, VERB};

use self::phase::{Keys, Load, Phase};
use self::report::{Compared, Report};
use crate::target::Target;

/// The type that is measured where nobody names another: its commands ask nobody and send nothing.
const USUAL_TYPE: &str = "supplier";
/// A state of about 300 bytes.
const USUAL_ARGUMENTS: &str = r#"{"profile":{"name":"Supplier {n}","leadMs":{n},"prices":[{"ingredient":"dough","unitCents":20},{"ingredient":"tomato","unitCents":35},{"ingredient":"mozzarella","unitCents":80},{"ingredient":"basil","unitCents":10}],"lotMax":500}}"#;
/// How many connections read back what was created, which is not measured.
const LANES: u64 = 16;

/// Each phase is a closed loop: every connection sends its next request when it has its answer. In
/// arguments, {n} becomes a number of ten digits that no other request has, and {key} that of the
/// actor. For example, with the actor of docs/actors.md:
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
    /// The type of the actors
    #[arg(long = "type", default_value = USUAL_TYPE, value_name = "TYPE")]
    actor_type: String,
    /// The command that creates one; a supplier is configured
    #[arg(long, value_name = "METHOD")]
    create: Option<String>,
    /// Its arguments
    #[arg(long, value_name = "JSON", requires = "create")]
    create_with: Option<String>,
    /// The query that reads one; `get` if it is not said
    #[arg(long, value_name = "METHOD")]
    read: Option<String>,
    /// Its arguments
    #[arg(long, value_name = "JSON", requires = "read")]
    read_with: Option<String>,
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

/// A function and its arguments.
#[derive(Clone)]
struct Call {
    method: String,
    arguments: String,
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
        let run: u32 = rand::random();
        let mut answers = Vec::new();
        for call in [&calls.create, &calls.read, &calls.change] {
            answers.push(self.sample(call, run).await?);
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
                .put_on(&self.target, &self.request(&self.target, call, run), keys)
                .await?;
            if phase == Phase::Create {
                (sent, unsure) = (ours.sent, ours.unsure);
                known = self.keys.min(sent);
                ensure!(sent > unsure, "nothing was created");
            }
            let bare = match &beside {
                Some(child) => {
                    let request = self.request(&child.target, call, run);
                    Some(load.put_on(&child.target, &request, keys).await?)
                }
                None => None,
            };
            compared.push(Compared { phase, ours, bare });
        }
        // Whatever was not acknowledged need not be there.
        let missing = self.read_back(&calls.read, run, sent).await?;
        let (created, lost) = (sent - unsure, missing.saturating_sub(unsure));
        let report = Report {
            actor_type: self.actor_type.clone(),
            load,
            compared,
            created,
            lost,
        };
        report.print(self.json)?;
        report.complain()
    }

    fn calls(&self) -> anyhow::Result<Calls> {
        let call = |method: &Option<String>, arguments: &Option<String>| {
            let method = method.clone()?;
            let arguments = arguments.clone().unwrap_or_default();
            Some(Call { method, arguments })
        };
        let usual = || Call {
            method: "configure".to_owned(),
            arguments: USUAL_ARGUMENTS.to_owned(),
        };
        let create = call(&self.create, &self.create_with)
            .or_else(|| (self.actor_type == USUAL_TYPE).then(usual));
        let Some(create) = create else {
            let actor_type = &self.actor_type;
            bail!("what creates a {actor_type}? Say it with --create and --create-with");
        };
        let read = call(&self.read, &self.read_with).unwrap_or_else(|| Call {
            method: "get".to_owned(),
            arguments: String::new(),
        });
        let change = call(&self.change, &self.change_with).unwrap_or_else(|| create.clone());
        Ok(Calls {
            create,
            read,
            change,
        })
    }

    fn request(&self, to: &Target, call: &Call, run: u32) -> crate::lean_connection::Template {
        let (actor_type, method) = (&self.actor_type, &call.method);
        let path = format!("/api/actors/{actor_type}/bench-{run:08x}-{{key}}/{method}");
        to.template("POST", &path, &call.arguments)
    }

    /// What the pizzeria answers, which the bare server is to answer, too.
    async fn sample(&self, call: &Call, run: u32) -> anyhow::Result<Option<Value>> {
        let request = self.request(&self.target, call, run);
        let mut connection = self.target.connect_lean().await?;
        let answer = connection.ask(&request).await?;
        let (status, method) = (answer.status, &call.method);
        if !matches!(status, 200 | 204) {
            let said = String::from_utf8_lossy(answer.body);
            bail!("{}.{method} answers {status}: {said}", self.actor_type);
        }
        let has_body = !answer.body.is_empty();
        let body = has_body.then(|| serde_json::from_slice(answer.body));
        body.transpose().context("an answer that is no JSON")
    }

    /// Every actor whose creation was acknowledged must be there; says how many are not.
    async fn read_back(&self, read: &Call, run: u32, sent: u64) -> anyhow::Result<u64> {
        let request = self.request(&self.target, read, run);
        let mut readers = Vec::new();
        for lane in 0..LANES {
            let (mut connection, request) = (self.target.connect_lean().await?, request.clone());
            readers.push(tokio::spawn(async move {
                let mut missing = 0;
                for key in (lane..sent).step_by(LANES as usize) {
                    let answer = connection.ask_about(&request, key, key).await?;
                    missing += u64::from(answer.status != 200);
                }
                anyhow::Ok(missing)
            }));
        }
        let mut missing = 0;
        for reader in readers {
            missing += reader.await.context("a reader")??;
        }
        Ok(missing)
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
