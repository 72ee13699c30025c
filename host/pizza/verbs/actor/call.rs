//! `pizza actor call`

use std::io::Write as _;

use anyhow::{Context, bail};
use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table;
use serde_json::Value;
use serde_json::value::RawValue;

use super::named::Named;
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Call {
    #[command(flatten)]
    named: Named,
    /// One of its methods, for example get
    method: String,
    /// JSON: an object by parameter name, or an array by position
    #[arg(default_value = "[]")]
    arguments: String,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Call {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let arguments = &self.arguments;
        // Looked at here, so that a typing error is told without a silo.
        serde_json::from_str::<&RawValue>(arguments)
            .with_context(|| format!("the arguments {arguments:?} are no JSON"))?;
        let method = &self.method;
        // The name becomes a part of the path, and must not be more than one step of it.
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if method.is_empty() || !method.chars().all(fits) {
            bail!("{method:?} is no method; methods have names like update-status");
        }
        let path = self.named.path(&format!("/call/{method}"));
        let (body, json) = (self.arguments, self.json);
        self.target.through(async |mut admin: Admin| {
            let answer = admin.post(&path, body).await?;
            if json {
                return table::print_json(&answer);
            }
            print(&answer)
        })
    }
}

/// Prints the reply. An actor that declines has answered; a script sees the difference all the
/// same.
fn print(answer: &Value) -> anyhow::Result<()> {
    let reply = serde_json::to_string_pretty(&answer["reply"])?;
    writeln!(std::io::stdout().lock(), "{reply}")?;
    if answer["declined"] == true {
        bail!("the actor declined, and changed nothing");
    }
    Ok(())
}
