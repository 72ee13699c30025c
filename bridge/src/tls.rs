//! How the bridge authenticates the broker, and itself to the broker.

use std::sync::Arc;

use pizza_edge::pem::{self, PemError};
use pizza_edge::tls::{self, Identity, TlsError};
use rustls::ClientConfig;

use crate::config::TlsConfig;

/// What is wrong with `bridge.tls`, or with the files that it names.
#[derive(Debug, thiserror::Error)]
pub enum ClientTlsError {
    #[error("bridge.tls.ca: {0}")]
    Authorities(#[source] PemError),
    #[error("this machine trusts no certificate authority; bridge.tls.ca names a file with one")]
    NoRoots,
    #[error("bridge.tls takes `certificate` and `key` together, and only one of them is given")]
    Incomplete,
    #[error("bridge.tls: {0}")]
    Unusable(#[source] TlsError),
}

/// Without a `ca`, the authorities are those that this machine trusts.
///
/// # Errors
/// When a file cannot be read, or what is in it does not work.
pub(crate) fn client(config: &TlsConfig) -> Result<Arc<ClientConfig>, ClientTlsError> {
    let roots = match &config.ca {
        Some(path) => pem::authorities(path).map_err(ClientTlsError::Authorities)?,
        None => pem::authorities_of_this_machine().ok_or(ClientTlsError::NoRoots)?,
    };
    let identity = match (&config.certificate, &config.key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
        _ => return Err(ClientTlsError::Incomplete),
    };
    let config = tls::client(roots, identity).map_err(ClientTlsError::Unusable)?;
    Ok(Arc::new(config))
}
