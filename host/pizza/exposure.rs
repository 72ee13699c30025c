//! Who could reach this process, and what that means for those who show nothing.

use std::net::{Ipv4Addr, SocketAddr};

use pizza_http::Admission;

use crate::config::Config;

/// The demo prints tokens that may do everything, and lets everybody on this machine do it
/// without one. Both are for one machine: the first is refused where others come in, and the
/// second ends there, over HTTP and over MQTT.
///
/// # Errors
/// When other machines could use the demo's tokens; the error says how to go on.
pub(crate) fn settle(config: &mut Config) -> anyhow::Result<()> {
    keep_the_demo_here(config)?;
    settle_anonymous(config);
    Ok(())
}

/// The same for a process that has nothing but a gateway.
///
/// # Errors
/// As [`settle`].
pub(crate) fn settle_gateway(config: &mut Config) -> anyhow::Result<()> {
    // Nothing of it is served here.
    config.broker.on = Some(false);
    config.admin = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    settle(config)
}

fn keep_the_demo_here(config: &Config) -> anyhow::Result<()> {
    // Where others reach MQTT, it does not take the tokens of the demo.
    let [http, https, ..] = listeners(config);
    for (option, address) in [http, https] {
        let is_open = address.is_some_and(is_public);
        anyhow::ensure!(
            !(config.demo && is_open),
            "{option} {} is reached by other machines, and `demo = true` prints tokens that may \
             do everything. Either keep the demo to this machine ({option} {}), or set \
             `demo = false` in the configuration file and list who may do what under \
             [[gateway.tokens]]",
            address.map_or_else(String::new, |address| address.to_string()),
            address.map_or_else(String::new, |address| format!(
                "127.0.0.1:{}",
                address.port()
            )),
        );
    }
    Ok(())
}

fn settle_anonymous(config: &mut Config) {
    if !may_be_anonymous(config) {
        if config.gateway.anonymous_on_loopback {
            tracing::info!("everybody has to show a token, also on this machine");
            config.gateway.anonymous_on_loopback = false;
        }
        if config.broker.admits_anonymous() {
            tracing::info!(
                "MQTT clients have to show a token as their password, or be among broker.users, \
                 also on this machine"
            );
        }
        config.broker.anonymous_on_loopback = false;
    }
    if !config.demo && config.gateway.tokens.is_empty() {
        tracing::warn!("`demo` is off and there are no [[gateway.tokens]]: the API serves nobody");
    }
}

/// Whether requests of this machine need no token: only in a demo, and only while no listener is
/// open to others. Where one is, a proxy is likely to be in front of the rest, and not each says
/// so.
fn may_be_anonymous(config: &Config) -> bool {
    let mut listeners = listeners(config).into_iter();
    config.demo && !listeners.any(|(_, address)| address.is_some_and(is_public))
}

/// Whether other machines reach the broker.
pub(crate) fn mqtt_is_public(config: &Config) -> bool {
    let [.., mqtt, mqtts] = listeners(config);
    [mqtt, mqtts]
        .iter()
        .any(|(_, address)| address.is_some_and(is_public))
}

/// What the listener for operators admits. Nobody gets anything there without a token but whether
/// the process lives and is ready, so the name matters on this machine only.
pub(crate) fn of_operators(config: &Config, address: SocketAddr) -> Admission {
    Admission {
        tokens_optional: !is_public(address),
        hosts: config.gateway.hosts.clone(),
        origins: Vec::new(),
    }
}

fn is_public(address: SocketAddr) -> bool {
    // An IPv4 address may come written as one of IPv6.
    !address.ip().to_canonical().is_loopback()
}

/// All listeners that there are; an address of `None` is not listened on.
fn listeners(config: &Config) -> [(&'static str, Option<SocketAddr>); 5] {
    let (gateway, broker) = (&config.gateway, &config.broker);
    let has_broker = broker.on.unwrap_or(config.bridge.broker.is_none());
    let when = |on: bool, address: SocketAddr| on.then_some(address);
    [
        ("--http", Some(gateway.http)),
        ("--https", when(gateway.https.on, gateway.https.address)),
        ("--admin", Some(config.admin)),
        (
            "--mqtt",
            when(has_broker && broker.mqtt.on, broker.mqtt.address),
        ),
        (
            "--mqtts",
            when(has_broker && broker.mqtts.on, broker.mqtts.address),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(change: impl FnOnce(&mut Config)) -> Result<bool, String> {
        let mut config = Config::default();
        change(&mut config);
        let settled = settle(&mut config).map_err(|error| error.to_string());
        let of_broker = config.broker.anonymous_on_loopback;
        settled.map(|()| {
            assert_eq!(config.gateway.anonymous_on_loopback, of_broker);
            of_broker
        })
    }

    fn public(port: u16) -> SocketAddr {
        SocketAddr::from(([0, 0, 0, 0], port))
    }

    #[test]
    fn nobody_is_anonymous_where_others_come_in() {
        assert_eq!(settled(|_| {}), Ok(true));
        assert_eq!(settled(|c| c.demo = false), Ok(false));
        assert_eq!(settled(|c| c.admin = public(5002)), Ok(false));
        assert_eq!(settled(|c| c.broker.mqtt.address = public(1883)), Ok(false));
        assert_eq!(
            settled(|c| c.broker.mqtts.address = public(8883)),
            Ok(false)
        );
        let no_broker = settled(|c| {
            c.broker.on = Some(false);
            c.broker.mqtt.address = public(1883);
        });
        assert_eq!(no_broker, Ok(true));
        let own = settled(|c| {
            c.demo = false;
            c.gateway.http = public(80);
        });
        assert_eq!(own, Ok(false));
    }

    #[test]
    fn the_demos_tokens_stay_on_this_machine() {
        for (option, refused) in [
            ("--http", settled(|c| c.gateway.http = public(5000))),
            (
                "--https",
                settled(|c| c.gateway.https.address = public(5001)),
            ),
        ] {
            let said = refused.expect_err("it is refused");
            assert!(
                said.contains(option) && said.contains("demo = false"),
                "{said}"
            );
        }
    }
}
