//! Which broker, and who speaks to it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use rumqttc::NetworkOptions;
use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::LastWill;

use super::line::WINDOW;

const PORT: u16 = 1883;
/// After one and a half of it without a sign, the broker speaks the last will.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

#[derive(Args, Clone)]
pub(crate) struct Broker {
    /// The MQTT broker that the pizzeria listens to
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
}

/// `mqtt://host:port`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Address {
    host: String,
    port: u16,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "it is of the form mqtt://host:port".to_owned();
        let address = text.strip_prefix("mqtt://").ok_or_else(wrong)?;
        let address = address.strip_suffix('/').unwrap_or(address);
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
            None => (address, PORT),
        };
        if host.is_empty() || host.contains(['/', '@']) {
            return Err(wrong());
        }
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}:{}", self.host, self.port)
    }
}

impl Broker {
    /// For one client; its last will is what the broker says on `will` when it vanishes.
    pub(super) fn options(&self, client_id: &str, will: Option<(&str, &str)>) -> MqttOptions {
        let Address { host, port } = &self.address;
        let mut options = MqttOptions::new(client_id, host, *port);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_start(true)
            // Room for 65,535 messages, which is the default, would be 10 MB for each phone.
            .set_outgoing_inflight_upper_limit(WINDOW);
        let mut network = NetworkOptions::new();
        // A position must not wait for the one before it to be acknowledged.
        network.set_tcp_nodelay(true);
        options.set_network_options(network);
        if let Some((topic, says)) = will {
            options.set_last_will(LastWill::new(topic, says, QoS::AtLeastOnce, false, None));
        }
        if let Some(user) = &self.login.user {
            let password = self.login.password.clone().unwrap_or_default();
            options.set_credentials(user, password);
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_named_by_host_and_port() {
        for (text, expected) in [
            ("mqtt://here:99", Some("mqtt://here:99")),
            ("mqtt://here/", Some("mqtt://here:1883")),
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
