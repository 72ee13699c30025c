//! The configuration file. The command line and `PIZZA_…` variables stand above it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context;
use clap::ValueEnum;
use pizza_bridge::BridgeConfig;
use pizza_gateway::GatewayConfig;
use pizza_http::Limits;
use pizza_load::background::BackgroundConfig;
use pizza_silo::{PlacementConfig, SiloConfig, Token, TokenError, Tokens};
use pizza_webhooks::WebhookConfig;
use serde::Deserialize;

use crate::bundled;
use crate::verbs::compile::Compile;

const FILE: &str = "pizza.toml";

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// What is logged: a level, or `tracing` directives.
    pub(crate) log: String,
    /// How log lines are written.
    pub(crate) log_format: LogFormat,
    /// How many times faster than life those actors work that take time for their work.
    pub(crate) speed: u64,
    /// Where operators are served; loopback only by default.
    pub(crate) admin: SocketAddr,
    /// How many connections operators may have, and how slow they may be.
    pub(crate) admin_limits: Limits,
    /// The token that operators show; without it, one is made and kept in the data directory.
    pub(crate) admin_token: Option<Token>,
    /// The token that gateways and bridges show; without it, they show that of operators.
    pub(crate) edge_token: Option<Token>,
    /// Whether something to look at is set up when the data directory is new.
    pub(crate) demo: bool,
    pub(crate) silo: SiloConfig,
    pub(crate) gateway: GatewayConfig,
    pub(crate) bridge: BridgeConfig,
    /// Whom events are posted to.
    pub(crate) webhooks: Vec<WebhookConfig>,
    /// Simulated people, to look at how things go.
    pub(crate) simulate: BackgroundConfig,
    /// The MQTT broker in this process.
    pub(crate) broker: pizza_broker::Config,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            log_format: LogFormat::default(),
            speed: 60,
            admin: SocketAddr::from((Ipv4Addr::LOCALHOST, 5002)),
            // An edge in another process holds one for each stream that it follows.
            admin_limits: Limits::default().within(4_096),
            admin_token: None,
            edge_token: None,
            demo: true,
            silo: SiloConfig::default(),
            gateway: GatewayConfig::default(),
            bridge: BridgeConfig::default(),
            webhooks: Vec::new(),
            simulate: BackgroundConfig::default(),
            broker: pizza_broker::Config::default(),
        }
    }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When the file cannot be read or is not understood; the error says where.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {shown}"))?;
        toml::from_str(&text).with_context(|| format!("in the configuration file {shown}"))
    }

    /// The configuration of the named file; without a name that of `pizza.toml` where there is one,
    /// and else the defaults.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub(crate) fn found(named: Option<&Path>) -> anyhow::Result<Self> {
        let usual = Path::new(FILE);
        match named {
            Some(path) => Self::read(path),
            None if usual.exists() => Self::read(usual),
            None => Ok(Self::default()),
        }
    }

    /// The token of operators: as configured, or as it is kept in the data directory.
    ///
    /// # Errors
    /// When the given token is none, or the kept one cannot be read or written.
    pub(crate) fn token(&self) -> Result<Token, TokenError> {
        match &self.admin_token {
            Some(given) => given.clone().checked(),
            None => Token::kept_in(&self.silo.data),
        }
    }

    /// Looks at the tokens that are configured: a silo that finds out later that one is none has become a member
    /// meanwhile.
    ///
    /// # Errors
    /// As [`tokens`](Self::tokens).
    pub(crate) fn check_tokens(&self) -> Result<(), TokenError> {
        let of_edges = self.edge_token.clone().map(Token::checked).transpose()?;
        match &self.admin_token {
            Some(given) => Tokens::new(given.clone().checked()?, of_edges).map(drop),
            None => Ok(()),
        }
    }

    /// What operators and edges show: the token of operators, and that of edges if there is one.
    ///
    /// # Errors
    /// As [`token`](Self::token), and when both are the same.
    pub(crate) fn tokens(&self) -> Result<Tokens, TokenError> {
        let of_edges = self.edge_token.clone().map(Token::checked).transpose()?;
        Tokens::new(self.token()?, of_edges)
    }

    /// Hands settings down to the silo: actors that end are retired, answers waited for, and those of which
    /// nothing is kept are placed at random, as their manifests say unless the file says otherwise, actors that
    /// take a speed read it from the settings of their own type, and modules are compiled by this program, in a
    /// process of its own.
    pub(crate) fn hand_down(&mut self) {
        let arguments = Compile::ARGUMENTS.map(str::to_owned);
        let program = std::env::current_exe().ok();
        self.silo.modules.compiler = program.map(|program| (program, arguments.to_vec()));
        for (actor_type, days) in bundled::RETIRED {
            let of_type = self.silo.types.entry((*actor_type).to_owned()).or_default();
            of_type.retire_after_ms.get_or_insert(days * 86_400_000);
        }
        for (actor_type, ms) in bundled::PROMPT {
            let of_type = self.silo.types.entry((*actor_type).to_owned()).or_default();
            of_type.answer_ms.get_or_insert(*ms);
        }
        for actor_type in bundled::STATELESS {
            let placement = &mut self.silo.placement;
            placement
                .entry((*actor_type).to_owned())
                .or_insert_with(PlacementConfig::random);
        }
        // At least one, because actors divide by it.
        let speed = self.speed.max(1).to_string();
        for actor_type in bundled::WITH_SPEED {
            let of_type = self.silo.types.entry((*actor_type).to_owned()).or_default();
            let config = &mut of_type.config;
            // What the file says of one type stands above what it says of all.
            config
                .entry("speed".to_owned())
                .or_insert_with(|| speed.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed_down(text: &str) -> SiloConfig {
        let mut config: Config = toml::from_str(text).expect("a configuration");
        config.hand_down();
        config.silo
    }

    #[test]
    fn what_keeps_nothing_is_placed_at_random_unless_the_file_says_otherwise() {
        assert_eq!(bundled::STATELESS, ["route"]);
        let usual = handed_down("").placement;
        assert_eq!(usual.get("route"), Some(&PlacementConfig::random()));
        assert_eq!(usual.len(), 1, "{usual:?}");
        let said = handed_down("[silo.placement]\nroute = \"hash\"\n").placement;
        assert_eq!(said.get("route"), Some(&PlacementConfig::default()));
    }
}
