//! The edge for MQTT: the broker of this process, and the bridge from a broker to the actors.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use pizza_bridge::{Bridge, BridgeConfig, Dialer};
use pizza_broker::{Bound, Broker, CertificateFiles, TokenHolder, TokenLookup};
use pizza_client::Client;
use pizza_gateway::{Mqtt, Role, Secret, Tls, TokenConfig, Tokens};

use crate::config::Config;
use crate::websocket::{self, Relay};

pub(crate) struct MqttEdge {
    broker: Option<Broker>,
    bridge: Option<Bridge>,
    /// The URL of a broker that is not this process's; absent where this process has its own.
    outside: Option<String>,
    /// For clients that come by WebSocket, where the broker is not this process's.
    relay: Option<Relay>,
}

/// Binds the broker's addresses, if there is to be a broker: where one outside is configured there
/// is none unless it is asked for, and where nobody could come in there is none either.
pub(crate) async fn bind(config: &Config) -> anyhow::Result<Option<Bound>> {
    let (broker, outside) = (&config.broker, config.bridge.broker.is_some());
    let has_listener = broker.mqtt.on || broker.mqtts.on;
    if !has_listener || !broker.on.unwrap_or(!outside) {
        return Ok(None);
    }
    let mut broker = broker.clone();
    // Those of the demo are not there yet, and are for this machine only.
    broker.takes_tokens = !config.gateway.tokens.is_empty();
    Ok(Some(Bound::new(broker).await?))
}

/// Finds who a client of the broker is by the tokens that HTTP takes.
fn lookup(tokens: &[TokenConfig]) -> TokenLookup {
    let tokens = Tokens::new(tokens);
    Arc::new(move |token| {
        let holder = tokens.holder(token)?;
        Some(TokenHolder {
            role: holder.role.name().to_owned(),
            subject: holder.subject.clone(),
        })
    })
}

impl MqttEdge {
    /// Opens the broker and starts the bridge, which goes to the broker that is configured, or to
    /// this process's own. `tokens` are those by which the broker knows its clients.
    pub(crate) async fn open(
        bound: Option<Bound>,
        config: &Config,
        tokens: &[TokenConfig],
        client: Client,
    ) -> anyhow::Result<Self> {
        let mut to = config.bridge.clone();
        let to_own = to.broker.is_none();
        let broker = match bound {
            Some(bound) => {
                let certificate = certificate(&bound, config)?;
                let bound = bound.tokens(lookup(tokens)).reserved(to.own_topics());
                Some(bound.open(certificate, to_own).await?)
            }
            None => None,
        };
        if let (Some(broker), true) = (&broker, to_own) {
            let own = broker.internal();
            // What else is said of a broker is said of another one.
            to = BridgeConfig {
                version: Default::default(),
                tls: Default::default(),
                broker: Some(format!("mqtt://{}", own.address)),
                user: Some(own.user.clone()),
                password: Some(own.password.clone()),
                restore_retained: true,
                ..to
            };
        }
        let outside = config.bridge.broker.clone();
        let bridge = Bridge::start(client, to)?;
        let relay = if broker.is_none() {
            Dialer::new(&config.bridge)?.map(Relay::new)
        } else {
            None
        };
        Ok(Self {
            broker,
            bridge,
            outside,
            relay,
        })
    }

    /// What the gateway is to do with clients that come by WebSocket, if there is a broker for
    /// them.
    pub(crate) fn over_websocket(&self, config: &Config) -> Option<Mqtt> {
        let broker = &config.broker;
        // Where every client has to show a certificate, a WebSocket would be a way around it.
        let wants_certificates = broker.mqtts.client_ca.is_some() && !broker.mqtt.on;
        match (&self.broker, &self.relay) {
            _ if !config.gateway.mqtt => None,
            (Some(_), _) if wants_certificates => None,
            (Some(broker), _) => Some(websocket::to_own(broker.acceptor())),
            (None, relay) => relay.as_ref().map(|relay| relay.mqtt(config)),
        }
    }

    /// Where clients in this process find the broker, if they are let in, and the token that
    /// they have to show. `tokens` are those that the broker knows.
    pub(crate) fn for_clients(
        &self,
        config: &Config,
        tokens: &[TokenConfig],
    ) -> Option<(String, Option<Secret>)> {
        if let Some(outside) = &self.outside {
            return Some((outside.clone(), None));
        }
        let mut at = self.broker.as_ref()?.addresses().mqtt?;
        if at.ip().is_unspecified() {
            // A listener on all networks is reached on this machine too.
            at.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let url = format!("mqtt://{at}");
        if config.broker.admits_anonymous() || config.simulate.mqtt_user.is_some() {
            return Some((url, None));
        }
        // One for all of them, because an admin may do what each of them does.
        let of_admin = tokens.iter().find(|token| token.role == Role::Admin)?;
        Some((url, Some(of_admin.token.clone())))
    }

    pub(crate) fn banner(&self) -> String {
        let line = |name: &str, scheme: &str, address: Option<SocketAddr>| {
            let line = |address| format!("  {name:<6} {scheme}://{address}\n");
            address.map_or_else(String::new, line)
        };
        match (&self.broker, &self.outside) {
            (Some(broker), _) => {
                let at = broker.addresses();
                line("MQTT", "mqtt", at.mqtt) + &line("MQTTS", "mqtts", at.mqtts)
            }
            (None, Some(outside)) => format!("  MQTT   {outside}\n"),
            (None, None) => String::new(),
        }
    }

    /// Stops the bridge, which finishes what it has begun and tells its publishers, and the broker.
    pub(crate) async fn stop(self) {
        // The bridge first: what it finishes is acknowledged through the broker.
        if let Some(bridge) = self.bridge {
            bridge.stop().await;
        }
        if let Some(broker) = self.broker {
            broker.stop().await;
        }
        if let Some(relay) = self.relay {
            relay.stop().await;
        }
    }
}

/// The files of the certificate that the broker shows: the gateway's, unless it has one of its own.
fn certificate(bound: &Bound, config: &Config) -> anyhow::Result<Option<CertificateFiles>> {
    if !bound.needs_certificate() {
        return Ok(None);
    }
    let (https, kept) = (&config.gateway.https, config.silo.data.join("tls"));
    // Made now if the gateway has not made it.
    Tls::new(https, &kept)?;
    let (certificate, key) = Tls::files(https, &kept);
    Ok(Some(CertificateFiles { certificate, key }))
}
