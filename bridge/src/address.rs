//! From the configuration to how to connect.

use pizza_mqtt::{PORT, TLS_PORT};

use crate::config::BridgeConfig;
use crate::mqtt_client::Options;
use crate::tls::{self, ClientTlsError};

/// What is wrong with how the bridge is to connect.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("bridge.broker {0:?} is not of the form mqtt://host:port or mqtts://host:port")]
    Form(String),
    #[error("bridge.in_flight must be 1 to 65,535, and is {0}")]
    InFlight(usize),
    #[error("bridge.client_id is empty; the broker keeps the bridge's session by it")]
    Nameless,
    #[error("with mqtts:// the broker takes a name, which its certificate bears, not {0}")]
    Unnamed(String),
    #[error(transparent)]
    Tls(#[from] ClientTlsError),
}

/// For the session that messages come by: the broker keeps it while the bridge is away.
///
/// # Errors
/// What is wrong with the configuration.
pub(crate) fn options(broker: &str, config: &BridgeConfig) -> Result<Options, AddressError> {
    let (host, port, secured) =
        parts(broker).ok_or_else(|| AddressError::Form(broker.to_owned()))?;
    // The client library takes no IP address of version 6 for a certificate's name.
    if secured && host.starts_with('[') {
        return Err(AddressError::Unnamed(host.to_owned()));
    }
    let tls = secured.then(|| tls::client(&config.tls)).transpose()?;
    // A Receive Maximum of 0 is a protocol error (MQTT 5, 3.1.2.11.3).
    let receive_max = u16::try_from(config.in_flight).ok().filter(|n| *n > 0);
    let receive_max = receive_max.ok_or(AddressError::InFlight(config.in_flight))?;
    if config.client_id.is_empty() {
        return Err(AddressError::Nameless);
    }
    let login = config.user.as_ref().map(|user| {
        let password = config.password.as_ref().map_or("", |p| p.expose());
        (user.clone(), password.to_owned())
    });
    Ok(Options {
        version: config.version,
        host: host.to_owned(),
        port,
        tls,
        login,
        client_id: config.client_id.clone(),
        clean: false,
        receive_max,
        manual_acks: true,
    })
}

/// Host, port, and whether with TLS.
pub(crate) fn parts(broker: &str) -> Option<(&str, u16, bool)> {
    let (address, usual, secured) = match broker.split_once("://")? {
        ("mqtt", address) => (address, PORT, false),
        ("mqtts", address) => (address, TLS_PORT, true),
        _ => return None,
    };
    let address = address.strip_suffix('/').unwrap_or(address);
    let (host, port) = match address.rsplit_once(':') {
        // The last colon of an address of version 6 without a port is its own.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (address, usual),
    };
    // No user and password in the URL: those would be shown in logs and in the banner.
    let is_whole = !host.is_empty() && !host.contains(['/', '@']);
    let is_host = host.starts_with('[') == host.ends_with(']')
        && (host.starts_with('[') || !host.contains(':'));
    (is_whole && is_host).then_some((host, port, secured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_named_by_host_and_port() {
        for (broker, expected) in [
            ("mqtt://here:99", ("here", 99, false)),
            ("mqtt://here/", ("here", PORT, false)),
            ("mqtts://here", ("here", TLS_PORT, true)),
            ("mqtts://[::1]:99", ("[::1]", 99, true)),
            ("mqtt://[::1]", ("[::1]", PORT, false)),
        ] {
            assert_eq!(parts(broker), Some(expected), "{broker}");
        }
        for wrong in [
            "here:1",
            "http://here",
            "mqtt://",
            "mqtt://a:b",
            "mqtt://a:b:1",
            "mqtt://u:p@here:1",
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut config = BridgeConfig::default();
        config.tls.ca = Some("/nowhere/ca.pem".into());
        let refused = options("mqtts://here", &config)
            .err()
            .expect("no such file");
        assert!(refused.to_string().contains("/nowhere/ca.pem"), "{refused}");
        let refused = options("mqtts://[::1]", &config).err();
        assert!(matches!(refused, Some(AddressError::Unnamed(_))));
        assert!(options("mqtt://[::1]", &config).is_ok());
        config.client_id.clear();
        let refused = options("mqtt://here", &config).err();
        assert!(matches!(refused, Some(AddressError::Nameless)));
    }
}
