//! TLS to the store that silos share, as it is configured.

use std::sync::Arc;

use pizza_edge::client_files::ClientFiles;
use pizza_edge::renewed::Renewed;
use pizza_edge::tls::TlsError;
use pizza_store_redis::{Credentials, Tls, asks_for_tls};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::cluster_config::{ClusterConfig, StoreTls};

#[derive(Debug, thiserror::Error)]
pub enum StoreTlsError {
    #[error("silo.cluster.store_tls: {0}")]
    Unusable(#[from] TlsError),
    #[error(
        "silo.cluster.store_tls: `certificate` and `key` belong together, and only one of them is there"
    )]
    Half,
    #[error("silo.cluster.store_tls.name: {name:?} is neither a name of a host nor an address")]
    NoName { name: String },
}

struct FromFiles(Renewed<ClientFiles>);

impl Credentials for FromFiles {
    fn client(&self) -> Arc<ClientConfig> {
        self.0.now()
    }
}

/// What servers are shown, and whom the silo believes. An address that asks for TLS needs no more than that:
/// then those are believed whom this machine trusts.
///
/// # Errors
/// When a file cannot be read, or what is in it does not work.
pub(crate) fn read(config: &ClusterConfig) -> Result<Option<Tls>, StoreTlsError> {
    match &config.store_tls {
        Some(tls) => made_of(tls).map(Some),
        None if asks_for_tls(&config.store) => made_of(&StoreTls::default()).map(Some),
        None => Ok(None),
    }
}

fn made_of(config: &StoreTls) -> Result<Tls, StoreTlsError> {
    let name = config.name.clone().map(|name| {
        let no_name = StoreTlsError::NoName { name: name.clone() };
        ServerName::try_from(name).map_err(|_| no_name)
    });
    let identity = match (&config.certificate, &config.key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
        _ => return Err(StoreTlsError::Half),
    };
    let ca = config.ca.clone();
    let renewed = Renewed::read(ClientFiles { ca, identity })?;
    Ok(Tls {
        credentials: Arc::new(FromFiles(renewed)),
        name: name.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_together_says_where() {
        let with = |change: fn(&mut StoreTls)| {
            let mut config = ClusterConfig::on("rediss://h/".to_owned());
            let mut tls = StoreTls::default();
            change(&mut tls);
            config.store_tls = Some(tls);
            read(&config).err().map(|error| error.to_string())
        };
        for (change, parts) in [
            (
                (|tls| tls.certificate = Some("a.pem".into())) as fn(&mut StoreTls),
                ["silo.cluster.store_tls", "`key`"],
            ),
            (
                |tls| tls.key = Some("a.key".into()),
                ["silo.cluster.store_tls", "`certificate`"],
            ),
            (
                |tls| tls.ca = Some("/none/ca.pem".into()),
                ["silo.cluster.store_tls", "/none/ca.pem"],
            ),
        ] {
            let error = with(change).expect("refused");
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
        let plain = ClusterConfig::on("redis://h/".to_owned());
        assert!(read(&plain).expect("nothing to read").is_none());
    }
}
