//! Connections to the configured broker for somebody else, who speaks MQTT on them by himself.

use std::io;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::{self, AddressError};
use crate::config::{BridgeConfig, TlsConfig};
use crate::tls;

/// A stream of bytes to the broker.
pub trait BrokerStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> BrokerStream for S {}

/// Where the broker is, and how it is authenticated.
pub struct Dialer {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Dialer {
    /// For the broker of `bridge.broker`, if there is one.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(config: &BridgeConfig) -> Result<Option<Self>, AddressError> {
        let Some(broker) = &config.broker else {
            return Ok(None);
        };
        let form = || AddressError::Form(broker.clone());
        let (host, port, secured) = address::parts(broker).ok_or_else(form)?;
        // Brackets are the URL's.
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = if secured {
            // Without the bridge's certificate: whoever comes is not the bridge.
            let config = tls::client(&TlsConfig {
                ca: config.tls.ca.clone(),
                ..TlsConfig::default()
            })?;
            let name = ServerName::try_from(host.clone()).map_err(|_| form())?;
            Some((TlsConnector::from(config), name))
        } else {
            None
        };
        Ok(Some(Self { host, port, tls }))
    }

    /// Opens a connection. How long that may take is the caller's to bound.
    ///
    /// # Errors
    /// When nobody listens there, or it is not who it should be.
    pub async fn connect(&self) -> io::Result<Box<dyn BrokerStream>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        // Packets are small, and somebody waits for each.
        stream.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Box::new(stream),
            Some((tls, name)) => Box::new(tls.connect(name.clone(), stream).await?),
        })
    }
}
