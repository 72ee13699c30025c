//! Which silo a command is about, and what opens its door for operators.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use pizza_cli::admin::Admin;
use pizza_silo::Token;

/// Where the silo is, and what opens its door.
#[derive(Args)]
pub(crate) struct AdminTarget {
    /// The silo's address for operators
    #[arg(
        long,
        env = "PIZZA_ADMIN",
        value_name = "ADDR",
        default_value = "127.0.0.1:5002"
    )]
    admin: SocketAddr,
    /// What the silo wants to see [default: what admin-token under the data directory holds]
    #[arg(
        long,
        env = "PIZZA_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    admin_token: Option<Token>,
    /// The silo's data directory, for the token
    #[arg(long, env = "PIZZA_DATA", value_name = "DIR", default_value = "./data")]
    data: PathBuf,
}

impl AdminTarget {
    /// The silo's address for operators, and the token that it takes.
    ///
    /// # Errors
    /// When there is no token, or none that could be one.
    pub(crate) fn address_and_token(self) -> anyhow::Result<(SocketAddr, Token)> {
        let token = match self.admin_token {
            Some(given) => given.checked()?,
            None => Token::read_from(&self.data).with_context(|| {
                let data = self.data.display();
                format!(
                    "there is no token for the silo in its data directory {data}; --data names \
                     another directory, --admin-token and PIZZA_ADMIN_TOKEN give the token itself"
                )
            })?,
        };
        Ok((self.admin, token))
    }

    /// Connects to the silo's address for operators.
    ///
    /// # Errors
    /// When there is no token, or the silo cannot be reached.
    pub(crate) async fn open(self) -> anyhow::Result<Admin> {
        let (address, token) = self.address_and_token()?;
        Admin::open(address, token.expose()).await
    }

    /// Connects, and does something on that connection.
    ///
    /// # Errors
    /// When there is no connection, and whatever goes wrong on it.
    pub(crate) fn through(
        self,
        act: impl AsyncFnOnce(Admin) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        // One connection, one question at a time: more threads would have nothing to do.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async { act(self.open().await?).await })
    }
}

impl pizza_load::OpenAdmin for AdminTarget {
    async fn open_admin(self) -> anyhow::Result<Admin> {
        self.open().await
    }
}
