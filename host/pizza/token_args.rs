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
        let data = match &self.data {
            Some(data) => data.clone(),
            None => nearest_data(&std::env::current_dir().unwrap_or_default()),
        };
        Token::read_from(&data).with_context(|| {
            let (data, above) = (data.display(), if self.data.is_none() { ABOVE } else { "" });
            format!(
                "there is no token for the silo in its data directory {data}{above}; --data and \
                 PIZZA_DATA name the directory of the silo that runs, --admin-token and \
                 PIZZA_ADMIN_TOKEN give the token itself"
            )
        })
    }
}

const ABOVE: &str = ", nor in one of a folder above";

/// The data directory of a silo that was started here or in a folder above, as a project's tools
/// find their project; the usual one where there is none.
fn nearest_data(here: &Path) -> PathBuf {
    let mut above = here.ancestors().map(|folder| folder.join(USUAL_DATA));
    let found = above.find(|data| Token::path(data).is_file());
    found.unwrap_or_else(|| PathBuf::from(USUAL_DATA))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_directory_of_a_folder_above_is_found() {
        let top = tempfile::tempdir().unwrap();
        let deep = top.path().join("tally/src");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(nearest_data(&deep), Path::new(USUAL_DATA));
        let data = top.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        Token::kept_in(&data).unwrap();
        assert_eq!(nearest_data(&deep), top.path().join(USUAL_DATA));
    }
}
