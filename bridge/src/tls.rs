//! How the bridge authenticates the broker, and itself to the broker.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::TlsConfig;

/// What is wrong with `bridge.tls`, or with the files that it names.
#[derive(Debug, thiserror::Error)]
pub enum ClientTlsError {
    #[error("{option} {}: cannot be read", path.display())]
    Unreadable {
        option: &'static str,
        path: PathBuf,
        source: pem::Error,
    },
    #[error("bridge.tls.ca {}: {why}", path.display())]
    NoAuthority { path: PathBuf, why: String },
    #[error("this machine trusts no certificate authority; bridge.tls.ca names a file with one")]
    NoRoots,
    #[error("bridge.tls takes `certificate` and `key` together, and only one of them is given")]
    Incomplete,
    #[error("bridge.tls: the certificate and its key do not work")]
    Unusable(#[from] rustls::Error),
}

/// Without a `ca`, the authorities are those that this machine trusts.
///
/// # Errors
/// When a file cannot be read, or what is in it does not work.
pub(crate) fn client(config: &TlsConfig) -> Result<Arc<ClientConfig>, ClientTlsError> {
    let roots = match &config.ca {
        Some(path) => roots_in(path)?,
        None => roots_of_this_machine()?,
    };
    // Named, because a process with two providers in its build has no default one.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match (&config.certificate, &config.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let chain = chain("bridge.tls.certificate", certificate)?;
            let private = PrivateKeyDer::from_pem_file(key);
            let private = private.map_err(unreadable("bridge.tls.key", key))?;
            builder.with_client_auth_cert(chain, private)?
        }
        _ => return Err(ClientTlsError::Incomplete),
    };
    Ok(Arc::new(config))
}

fn roots_in(path: &Path) -> Result<RootCertStore, ClientTlsError> {
    let mut roots = RootCertStore::empty();
    let no_authority = |why| ClientTlsError::NoAuthority {
        path: path.to_owned(),
        why,
    };
    for root in chain("bridge.tls.ca", path)? {
        roots
            .add(root)
            .map_err(|error| no_authority(error.to_string()))?;
    }
    // Such a file would be read without an error, and then no broker could be trusted.
    if roots.is_empty() {
        return Err(no_authority("there is no certificate in it".to_owned()));
    }
    Ok(roots)
}

fn roots_of_this_machine() -> Result<RootCertStore, ClientTlsError> {
    let mut roots = RootCertStore::empty();
    // Some of a system's certificates may be beyond repair; the others are as good as ever.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(ClientTlsError::NoRoots);
    }
    Ok(roots)
}

fn chain(
    option: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, ClientTlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(option, path))
}

fn unreadable(option: &'static str, path: &Path) -> impl FnOnce(pem::Error) -> ClientTlsError {
    let path = path.to_owned();
    move |source| ClientTlsError::Unreadable {
        option,
        path,
        source,
    }
}
