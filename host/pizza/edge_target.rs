//! Where an edge of its own process finds its silos.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use pizza_client::{Remote, RemoteError};
use pizza_silo::Token;

/// How long to wait before silos that are not there are tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The silos, and what opens their door.
#[derive(Args)]
pub(crate) struct EdgeTarget {
    /// Silos by their addresses for operators, with commas between them. One of a cluster is enough
    /// as long as it lives: it names the others
    #[arg(
        long,
        env = "PIZZA_SILO",
        value_name = "HOST:PORT",
        value_delimiter = ',',
        default_value = "127.0.0.1:5002"
    )]
    silo: Vec<String>,
    /// What the silos want to see, all the same [default: what admin-token under the data
    /// directory holds]
    #[arg(
        long,
        env = "PIZZA_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    admin_token: Option<Token>,
    /// The data directory, for the token and for what the edge keeps itself
    #[arg(long, env = "PIZZA_DATA", value_name = "DIR", default_value = "./data")]
    pub(crate) data: PathBuf,
}

impl EdgeTarget {
    /// The silos as text, for the banner.
    pub(crate) fn listed(&self) -> String {
        self.silo.join(", ")
    }

    /// The token that the silos take.
    ///
    /// # Errors
    /// When there is none, or none that could be one.
    pub(crate) fn token(&self) -> anyhow::Result<Token> {
        match &self.admin_token {
            Some(given) => Ok(given.clone().checked()?),
            None => Token::read_from(&self.data).with_context(|| {
                let data = self.data.display();
                format!(
                    "there is no token for the silo in its data directory {data}; --data names \
                     another directory, --admin-token and PIZZA_ADMIN_TOKEN give the token itself"
                )
            }),
        }
    }

    /// Finds a silo. Those that are not there yet are waited for; one that does not let us in is not.
    ///
    /// # Errors
    /// When an address is none, or the token is refused.
    pub(crate) async fn found(&self, token: &Token) -> anyhow::Result<Arc<Remote>> {
        loop {
            match Remote::connect(&self.silo, token.expose()).await {
                Ok(remote) => return Ok(remote),
                Err(error @ RemoteError::Silo { refused: false, .. }) => {
                    tracing::warn!(%error, "no silo is there; it is tried again");
                    tokio::time::sleep(AGAIN).await;
                }
                Err(error) => {
                    return Err(error).context(
                        "--silo takes addresses of silos, --admin-token or PIZZA_ADMIN_TOKEN their \
                         token; without it the token is read from admin-token under --data",
                    );
                }
            }
        }
    }
}
