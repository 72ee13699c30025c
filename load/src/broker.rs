//! Which MQTT broker, and who speaks to it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use pizza_edge::{pem, tls};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::LastWill;
use rumqttc::v5::{ConnectionError, MqttOptions};
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};
use rustls::ClientConfig;

use crate::mqtt_connection::{MqttConnection, WINDOW};

// The ports that IANA has registered for MQTT, without TLS and with it.
const PORT: u16 = 1883;
const TLS_PORT: u16 = 8883;
/// After one and a half of it without a sign, the broker speaks the last will.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

#[derive(Args, Clone)]
pub(crate) struct Broker {
    /// The MQTT broker that the pizzeria listens to; mqtts://HOST:PORT with TLS
    #[arg(
        long = "mqtt",
        default_value = "mqtt://127.0.0.1:1883",
        value_name = "URL"
    )]
    pub(crate) address: Address,
    #[command(flatten)]
    pub(crate) login: Login,
}

#[derive(Args, Clone, Default)]
pub(crate) struct Login {
    /// Whom the broker is to know
    #[arg(long = "mqtt-user", env = "PIZZA_MQTT_USER", value_name = "NAME")]
    pub(crate) user: Option<String>,
    #[arg(
        long = "mqtt-password",
        env = "PIZZA_MQTT_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub(crate) password: Option<String>,
    /// For mqtts://: who vouches for the broker, in PEM
    #[arg(long = "mqtt-ca", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

/// `mqtt://host:port`, or `mqtts://`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    tls: bool,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "it is of the form mqtt://host:port, or mqtts://host:port".to_owned();
        let (address, tls) = match text.strip_prefix("mqtts://") {
            Some(address) => (address, true),
            None => (text.strip_prefix("mqtt://").ok_or_else(wrong)?, false),
        };
        let usual = if tls { TLS_PORT } else { PORT };
        let address = address.strip_suffix('/').unwrap_or(address);
        // From the right: an IPv6 address in front has colons of its own.
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
            None => (address, usual),
        };
        if host.is_empty() || host.contains(['/', '@']) {
            return Err(wrong());
        }
        let host = host.to_owned();
        Ok(Self { host, port, tls })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Broker {
    /// A connection in the name of one client. Its last will is what the broker says on the
    /// first of `will` when the client vanishes.
    ///
    /// # Errors
    /// When there is no broker, or it refuses the client: the error says where it was looked
    /// for, and which option names another.
    pub(crate) async fn connect(
        &self,
        client_id: &str,
        will: Option<(&str, &str)>,
    ) -> anyhow::Result<MqttConnection> {
        let options = self.options(client_id, will)?;
        let connection = MqttConnection::open(options).await;
        connection.map_err(|error| explained(&error, &self.address))
    }

    /// Host and port, for a client of another kind.
    ///
    /// # Errors
    /// With TLS, which not every client here speaks.
    pub(crate) fn without_tls(&self) -> anyhow::Result<(&str, u16)> {
        let Address { host, port, tls } = &self.address;
        anyhow::ensure!(!tls, "--mqtt {}: it is measured without TLS", self.address);
        // Brackets are the URL's.
        Ok((host.trim_matches(['[', ']']), *port))
    }

    /// # Errors
    /// When it is not there; better before anything is set up than in the middle.
    pub(crate) async fn is_there(&self) -> anyhow::Result<()> {
        // A name that nobody else has: the broker would throw out a client that has it.
        let name = format!("pizza-{:016x}", rand::random::<u64>());
        self.connect(&name, None).await?.close().await;
        Ok(())
    }

    fn options(&self, client_id: &str, will: Option<(&str, &str)>) -> anyhow::Result<MqttOptions> {
        let Address { host, port, tls } = &self.address;
        let mut options = MqttOptions::new(client_id, host, *port);
        options
            .set_keep_alive(KEEP_ALIVE)
            // What an earlier run left in a session is not for this one.
            .set_clean_start(true)
            // Room for 65,535 messages, which is the default, would be 10 MB for each client.
            .set_outgoing_inflight_upper_limit(WINDOW);
        let mut network = NetworkOptions::new();
        // A position must not wait for the one before it to be acknowledged.
        network.set_tcp_nodelay(true);
        options.set_network_options(network);
        if let Some((topic, says)) = will {
            options.set_last_will(LastWill::new(topic, says, QoS::AtLeastOnce, false, None));
        }
        let Login { user, password, .. } = &self.login;
        if user.is_some() || password.is_some() {
            // A token as a password needs no name, but the protocol has none without one.
            let user = user.clone().unwrap_or_default();
            options.set_credentials(user, password.clone().unwrap_or_default());
        }
        if *tls {
            let ca = self.login.ca.as_ref();
            let ca = ca.context("mqtts:// takes --mqtt-ca FILE: who vouches for the broker")?;
            let config = trusting(ca).with_context(|| format!("--mqtt-ca {}", ca.display()))?;
            let config = TlsConfiguration::Rustls(Arc::new(config));
            options.set_transport(Transport::tls_with_config(config));
        }
        Ok(options)
    }
}

/// What to tell people when there is no connection.
fn explained(error: &ConnectionError, address: &Address) -> anyhow::Error {
    match error {
        ConnectionError::ConnectionRefused(code) => anyhow!(
            "the MQTT broker at {address} refuses us ({code:?}); \
             --mqtt-user and --mqtt-password say who we are, and the pizzeria's own broker takes \
             a token of its API as the password"
        ),
        error => anyhow!(
            "no MQTT broker answers at {address} ({error}); \
             is one running, and does the pizzeria listen to it? --mqtt names another"
        ),
    }
}

/// TLS that trusts those who are vouched for by this file, and nobody else.
fn trusting(ca: &Path) -> anyhow::Result<ClientConfig> {
    Ok(tls::client(pem::authorities(ca)?, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_named_by_host_and_port() {
        for (text, expected) in [
            ("mqtt://here:99", Some("mqtt://here:99")),
            ("mqtt://here/", Some("mqtt://here:1883")),
            ("mqtts://here", Some("mqtts://here:8883")),
            ("here:1", None),
            ("http://here", None),
            ("mqtt://", None),
            ("mqtt://a:b", None),
            ("mqtt://u:p@here:1", None),
        ] {
            let address = text.parse::<Address>().ok();
            let shown = address.map(|address| address.to_string());
            assert_eq!(shown.as_deref(), expected, "{text}");
        }
    }
}
