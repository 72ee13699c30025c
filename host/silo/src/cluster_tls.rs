//! TLS between silos, as it is configured.

use std::sync::Arc;

use pizza_cluster::transport::{Credentials, Tls};
use pizza_edge::peer::Files;
use pizza_edge::renewed::Renewed;
use pizza_edge::tls::TlsError;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};

use crate::cluster_config::ClusterTls;

#[derive(Debug, thiserror::Error)]
pub enum ClusterTlsError {
    #[error("silo.cluster.tls: {0}")]
    Unusable(#[from] TlsError),
    #[error("silo.cluster.tls.name: {name:?} is neither a name of a host nor an address")]
    NoName { name: String },
}

struct FromFiles(Renewed<Files>);

impl Credentials for FromFiles {
    fn server(&self) -> Arc<ServerConfig> {
        self.0.now().server
    }

    fn client(&self) -> Arc<ClientConfig> {
        self.0.now().client
    }
}

/// # Errors
/// When a file cannot be read, or what is in it does not work.
pub(crate) fn read(config: &ClusterTls) -> Result<Tls, ClusterTlsError> {
    let name = config.name.clone().map(|name| {
        let no_name = ClusterTlsError::NoName { name: name.clone() };
        ServerName::try_from(name).map_err(|_| no_name)
    });
    let renewed = Renewed::read(Files {
        certificate: config.certificate.clone(),
        key: config.key.clone(),
        ca: config.ca.clone(),
    })?;
    Ok(Tls {
        credentials: Arc::new(FromFiles(renewed)),
        name: name.transpose()?,
    })
}
