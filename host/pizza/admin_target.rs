//! Which silo a command is about, and what opens its door for operators.

use std::net::SocketAddr;

use clap::Args;
use pizza_cli::address;
use pizza_cli::admin::Admin;
use pizza_silo::Token;

use crate::token_args::TokenArgs;

/// Where the silo is, and what opens its door.
#[derive(Args)]
pub(crate) struct AdminTarget {
    /// The silo's address for operators
    #[arg(
        long,
        env = "PIZZA_ADMIN",
        value_name = "ADDR",
        value_parser = address::parse,
        default_value = "127.0.0.1:5002"
    )]
    admin: SocketAddr,
    #[command(flatten)]
    tokens: TokenArgs,
}

impl AdminTarget {
    /// The silo's address for operators, and the token that it takes.
    ///
    /// # Errors
    /// When there is no token, or none that could be one.
    pub(crate) fn address_and_token(self) -> anyhow::Result<(SocketAddr, Token)> {
        Ok((self.admin, self.tokens.of_operators()?))
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
