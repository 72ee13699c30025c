//! Where an edge of its own process finds its silos.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use pizza_client::{Operators, Remote, RemoteError};
use pizza_silo::Token;

use crate::token_args::{EdgeTokenArgs, TokenArgs};

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
    #[command(flatten)]
    tokens: TokenArgs,
    #[command(flatten)]
    edge: EdgeTokenArgs,
}

impl EdgeTarget {
    /// The silos as text, for the banner.
    pub(crate) fn listed(&self) -> String {
        self.silo.join(", ")
    }

    /// The data directory, for what the edge keeps itself.
    pub(crate) fn data(&self) -> &Path {
        self.tokens.data()
    }

    /// What is shown to the silos: the token of edges, where one is said or `configured`, else that of
    /// operators.
    ///
    /// # Errors
    /// When there is none, or none that could be one.
    pub(crate) fn token(&self, configured: Option<&Token>) -> anyhow::Result<Token> {
        match self.edge.edge_token.as_ref().or(configured) {
            Some(of_edges) => Ok(of_edges.clone().checked()?),
            None => self.tokens.of_operators(),
        }
    }

    /// The way to what is for operators, for a gateway that shows `token` to silos: where that is theirs,
    /// or theirs is given beside it. One that is to have no more than an edge's rights is given no other.
    ///
    /// # Errors
    /// When the token that is given is none.
    pub(crate) fn operators(
        &self,
        configured: Option<&Token>,
        token: &Token,
    ) -> anyhow::Result<Option<Arc<Operators>>> {
        let of_edges = self.edge.edge_token.as_ref().or(configured);
        let of_operators = match (&self.tokens.admin_token, of_edges) {
            (Some(given), _) => given.clone().checked()?,
            (None, Some(_)) => return Ok(None),
            (None, None) => token.clone(),
        };
        let operators = Operators::of(&self.silo, of_operators.expose())?;
        Ok(Some(operators))
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
                        "--silo takes addresses of silos, --edge-token or PIZZA_EDGE_TOKEN their token for \
                         edges, where they have one; else --admin-token or PIZZA_ADMIN_TOKEN is that of \
                         operators, which is read from admin-token under --data if nobody says it",
                    );
                }
            }
        }
    }
}
