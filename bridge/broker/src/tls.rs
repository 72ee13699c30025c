//! The broker's certificate, and the authorities whose clients it lets in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

/// What is wrong with the files of `broker.mqtts`.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: pem::Error },
    #[error("the certificate {} and its key do not work", path.display())]
    Unusable {
        path: PathBuf,
        source: rustls::Error,
    },
    #[error("{} vouches for nobody", path.display())]
    NoAuthority {
        path: PathBuf,
        source: rustls::server::VerifierBuilderError,
    },
}

/// With a `client_ca`, only clients with a certificate of that authority get a connection.
///
/// # Errors
/// When a file cannot be read, or what is in it does not work.
pub(crate) fn acceptor(
    certificate: &Path,
    key: &Path,
    client_ca: Option<&Path>,
) -> Result<TlsAcceptor, TlsError> {
    let unusable = |source| TlsError::Unusable {
        path: certificate.to_owned(),
        source,
    };
    let chain = chain(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    // Named, because a process with two providers in its build has no default one.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            // Not the authorities that the system trusts: those vouch for servers of the
            // whole world, and here it is about who is one of the pizzeria's.
            let mut roots = RootCertStore::empty();
            for root in self::chain(path)? {
                roots.add(root).map_err(|source| TlsError::Unusable {
                    path: path.to_owned(),
                    source,
                })?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            let verifier = verifier.build().map_err(|source| TlsError::NoAuthority {
                path: path.to_owned(),
                source,
            })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let server = builder.with_single_cert(chain, key).map_err(unusable)?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(path))
}

fn unreadable(path: &Path) -> impl FnOnce(pem::Error) -> TlsError {
    let path = path.to_owned();
    |source| TlsError::Unreadable { path, source }
}
