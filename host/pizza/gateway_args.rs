//! What is said on the command line of a process that has a gateway.

use std::net::SocketAddr;

use clap::Args;
use pizza_cli::address;
use pizza_gateway::GatewayConfig;

#[derive(Args)]
pub(crate) struct GatewayArgs {
    /// Where HTTP is served [default: 127.0.0.1:5000]
    #[arg(long, env = "PIZZA_HTTP", value_name = "ADDR", value_parser = address::parse)]
    http: Option<SocketAddr>,
    /// Where HTTPS is served, or off [default: 127.0.0.1:5001]
    #[arg(long, env = "PIZZA_HTTPS", value_name = "ADDR", value_parser = Address::parse)]
    https: Option<Address>,
}

impl GatewayArgs {
    pub(crate) fn set(self, config: &mut GatewayConfig) {
        config.http = self.http.unwrap_or(config.http);
        if let Some(https) = self.https {
            https.set(&mut config.https.on, &mut config.https.address);
        }
    }
}

/// An address to listen at, or `None` for `off`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(Option<SocketAddr>);

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            text => match address::parse(text) {
                Ok(address) => Ok(Self(Some(address))),
                Err(why) => Err(format!("{why}; or off")),
            },
        }
    }

    pub(crate) fn set(self, on: &mut bool, address: &mut SocketAddr) {
        *on = self.0.is_some();
        *address = self.0.unwrap_or(*address);
    }
}
