//! Which actors are measured, and by which of their functions they are created and read.

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::lean_connection::Template;
use crate::target::Target;

/// The type that is measured where nobody names another: its commands ask nobody and send nothing.
const USUAL_TYPE: &str = "supplier";
/// A state of 296 bytes, as `pizza actor get` tells.
const USUAL_ARGUMENTS: &str = r#"{"profile":{"name":"Supplier {n}","leadMs":{n},"prices":[{"ingredient":"dough","unitCents":20},{"ingredient":"tomato","unitCents":35},{"ingredient":"mozzarella","unitCents":80},{"ingredient":"basil","unitCents":10},{"ingredient":"mushroom","unitCents":45},{"ingredient":"parmesan","unitCents":90},{"ingredient":"pepperoni","unitCents":70}],"lotMax":500}}"#;

#[derive(Args)]
pub(super) struct ActorCalls {
    /// The type of the actors
    #[arg(long = "type", default_value = USUAL_TYPE, value_name = "TYPE")]
    pub(super) actor_type: String,
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
}

/// A function and its arguments.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) arguments: String,
}

impl Call {
    /// The function that somebody has named, if they have.
    pub(super) fn named(method: Option<&String>, arguments: Option<&String>) -> Option<Self> {
        Some(Self {
            method: method?.clone(),
            arguments: arguments.cloned().unwrap_or_default(),
        })
    }
}

impl ActorCalls {
    /// # Errors
    /// When nobody knows what creates an actor of this type.
    pub(super) fn create(&self) -> anyhow::Result<Call> {
        let usual = || Call {
            method: "configure".to_owned(),
            arguments: USUAL_ARGUMENTS.to_owned(),
        };
        let create = Call::named(self.create.as_ref(), self.create_with.as_ref())
            .or_else(|| (self.actor_type == USUAL_TYPE).then(usual));
        let Some(create) = create else {
            let actor_type = &self.actor_type;
            bail!("what creates a {actor_type}? Say it with --create and --create-with");
        };
        Ok(create)
    }

    pub(super) fn read(&self) -> Call {
        let read = Call::named(self.read.as_ref(), self.read_with.as_ref());
        read.unwrap_or_else(|| Call {
            method: "get".to_owned(),
            arguments: String::new(),
        })
    }

    /// A request to the actors whose keys begin with `prefix` and end with a number.
    pub(super) fn request(&self, to: &Target, call: &Call, prefix: &str) -> Template {
        let (actor_type, method) = (&self.actor_type, &call.method);
        let path = format!("/api/actors/{actor_type}/{prefix}-{{key}}/{method}");
        to.template("POST", &path, &call.arguments)
    }

    /// What the first of these actors answers.
    ///
    /// # Errors
    /// When it declines: what cannot be measured is told before anything is.
    pub(super) async fn sample(
        &self,
        target: &Target,
        call: &Call,
        prefix: &str,
    ) -> anyhow::Result<Option<Value>> {
        let request = self.request(target, call, prefix);
        let mut connection = target.connect_lean().await?;
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
}
