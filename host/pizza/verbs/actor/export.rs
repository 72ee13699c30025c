//! `pizza actor export`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;

use super::named::part_of_id;
use crate::admin_target::AdminTarget;

/// The number of actors in one answer of the silo.
const PAGE: usize = 500;
/// After so many actors it is told how far it is.
const TELL_EVERY: usize = 10_000;

#[derive(Args)]
pub(crate) struct Export {
    /// The actor type
    #[arg(value_name = "TYPE", value_parser = part_of_id)]
    actor_type: String,
    #[command(flatten)]
    target: AdminTarget,
    /// Go on behind the actor of this key, where an earlier export stopped
    #[arg(long, value_name = "KEY", value_parser = part_of_id)]
    after: Option<String>,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            actor_type,
            target,
            mut after,
        } = self;
        target.through(async move |mut admin: Admin| {
            let (mut count, mut told) = (0, 0);
            loop {
                let mut path = format!("/actors/{actor_type}?limit={PAGE}");
                // What is allowed in a key needs no escapes.
                if let Some(after) = &after {
                    path.push_str("&after=");
                    path.push_str(after);
                }
                let page = admin.get(&path).await?;
                let mut lines = std::io::stdout().lock();
                for actor in page["actors"].as_array().into_iter().flatten() {
                    writeln!(lines, "{actor}")?;
                    count += 1;
                }
                let Some(next) = page["next"].as_str() else {
                    return Ok(lines.flush()?);
                };
                after = Some(next.to_owned());
                if count / TELL_EVERY > told {
                    told = count / TELL_EVERY;
                    writeln!(std::io::stderr(), "{count} actors, up to {next}")?;
                }
            }
        })
    }
}
