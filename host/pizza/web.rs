//! The listeners of a gateway: bound before anything else is touched, served last.

use std::net::SocketAddr;
use std::path::Path;

use pizza_gateway::{GatewayConfig, Tls};
use pizza_http::Listener;
use tokio::net::TcpListener;

use crate::process::listen;

pub(crate) struct Web {
    http: TcpListener,
    https: Option<TcpListener>,
}

impl Web {
    /// # Errors
    /// When an address is taken; the error names the option that takes another.
    pub(crate) async fn bind(config: &GatewayConfig) -> anyhow::Result<Self> {
        let http = listen(config.http, "--http").await?;
        let https = if config.https.on {
            Some(listen(config.https.address, "--https").await?)
        } else {
            None
        };
        Ok(Self { http, https })
    }

    /// # Errors
    /// When the system does not know where it listens.
    pub(crate) fn http(&self) -> std::io::Result<SocketAddr> {
        self.http.local_addr()
    }

    /// # Errors
    /// As [`Web::http`].
    pub(crate) fn https(&self) -> std::io::Result<Option<SocketAddr>> {
        self.https.as_ref().map(TcpListener::local_addr).transpose()
    }

    /// Ready to be served. A certificate that is not configured is kept under `data`.
    ///
    /// # Errors
    /// When the certificate cannot be read or made.
    pub(crate) fn listeners(
        self,
        config: &GatewayConfig,
        data: &Path,
    ) -> anyhow::Result<Vec<Listener>> {
        let mut listeners = vec![Listener::http(self.http)];
        if let Some(https) = self.https {
            let tls = Tls::new(&config.https, &data.join("tls"))?;
            listeners.push(Listener::https(https, tls.acceptor()));
        }
        Ok(listeners)
    }
}
