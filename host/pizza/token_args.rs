//! Which tokens silos take and whoever asks them shows, as it is said on the command line: of operators, and
//! of edges.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use pizza_silo::Token;

/// Where data are that nobody says anything of.
const USUAL_DATA: &str = "./data";

/// The data directory, and the token of operators that is kept there.
#[derive(Args)]
pub(crate) struct TokenArgs {
    /// The data directory: everything durable of a silo, its token for operators too, and what an edge
    /// keeps [default: ./data]
    #[arg(long, env = "PIZZA_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// What operators show [default: what admin-token under the data directory holds, where a silo
    /// leaves one at its first start]
    #[arg(
        long,
        env = "PIZZA_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub(crate) admin_token: Option<Token>,
}

impl TokenArgs {
    pub(crate) fn data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new(USUAL_DATA))
    }

    /// What an operator shows to a silo that is there already.
    ///
    /// # Errors
    /// When there is no token, or none that could be one.
    pub(crate) fn of_operators(&self) -> anyhow::Result<Token> {
        if let Some(given) = &self.admin_token {
            return Ok(given.clone().checked()?);
        }
        Token::read_from(self.data()).with_context(|| {
            let data = self.data().display();
            format!(
                "there is no token for the silo in its data directory {data}; --data names \
                 another directory, --admin-token and PIZZA_ADMIN_TOKEN give the token itself"
            )
        })
    }
}

/// The token of edges.
#[derive(Args)]
pub(crate) struct EdgeTokenArgs {
    /// What gateways and bridges show to silos, the same for all: it takes calls, and nothing that is
    /// for operators [default: that of operators]
    #[arg(
        long,
        env = "PIZZA_EDGE_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub(crate) edge_token: Option<Token>,
}
