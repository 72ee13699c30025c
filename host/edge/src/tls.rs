//! TLS of a server and of a client, with the one cryptography that this process has.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::pem::{self, PemError};

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(transparent)]
    Pem(#[from] PemError),
    #[error("the certificate {} and the key {} do not work", certificate.display(), key.display())]
    Unfit {
        certificate: PathBuf,
        key: PathBuf,
        source: rustls::Error,
    },
    #[error("{} vouches for nobody", path.display())]
    NoAuthority {
        path: PathBuf,
        source: VerifierBuilderError,
    },
    #[error("this machine trusts no certificate authority; name a file with one")]
    NoRoots,
    #[error("this process's cryptography knows no version of TLS")]
    NoVersion(#[source] rustls::Error),
}

/// What somebody proves to be somebody: a certificate, then those that vouch for it, and its
/// private key; files in PEM.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    pub certificate: &'a Path,
    pub key: &'a Path,
}

impl Identity<'_> {
    fn unfit(&self, source: rustls::Error) -> TlsError {
        TlsError::Unfit {
            certificate: self.certificate.to_owned(),
            key: self.key.to_owned(),
            source,
        }
    }
}

/// Accepts TLS as `identity`. With `client_ca`, only from clients that prove to be vouched for
/// by it. `protocols` are offered for what is inside (ALPN, RFC 7301), the best first.
///
/// # Errors
/// When a file cannot be read, or the certificate and the key do not belong together.
pub fn acceptor(
    identity: Identity<'_>,
    client_ca: Option<&Path>,
    protocols: &[&[u8]],
) -> Result<TlsAcceptor, TlsError> {
    let chain = pem::certificates(identity.certificate)?;
    let key = pem::private_key(identity.key)?;
    let provider = provider();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::NoVersion)?;
    // A client without a certificate is refused then, not only one with a wrong one.
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let roots = pem::authorities(path)?.into();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
            let verifier = verifier.build().map_err(|source| TlsError::NoAuthority {
                path: path.to_owned(),
                source,
            })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let server = builder.with_single_cert(chain, key);
    let mut server = server.map_err(|source| identity.unfit(source))?;
    server.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(TlsAcceptor::from(Arc::new(server)))
}

/// Connects only to servers for whom `roots` vouch; with an `identity`, shows it to them.
///
/// # Errors
/// When a file cannot be read, or the certificate and the key do not belong together.
pub fn client(
    roots: RootCertStore,
    identity: Option<Identity<'_>>,
) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::NoVersion)?
        .with_root_certificates(roots);
    let Some(identity) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = pem::certificates(identity.certificate)?;
    let key = pem::private_key(identity.key)?;
    let client = builder.with_client_auth_cert(chain, key);
    client.map_err(|source| identity.unfit(source))
}

/// The cryptography. It is handed over each time: there is no default of the process, which a
/// library could change.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Greets a client; `None` when it does not speak TLS, or not within `wait`.
pub async fn handshake<S>(tls: &TlsAcceptor, stream: S, wait: Duration) -> Option<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match tokio::time::timeout(wait, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        // Scanners and clients with another protocol are no news for an operator.
        Ok(Err(error)) => {
            tracing::debug!(%error, "no TLS");
            None
        }
        Err(_) => {
            tracing::debug!("no TLS in time");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use tokio_rustls::TlsConnector;

    use super::*;

    struct Files {
        dir: tempfile::TempDir,
    }

    impl Files {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("a directory");
            for name in ["one", "other"] {
                let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
                let made = made.expect("made");
                let write = |end: &str, text: String| {
                    let path = dir.path().join(format!("{name}{end}"));
                    std::fs::write(path, text).expect("written");
                };
                write(".pem", made.cert.pem());
                write(".key", made.signing_key.serialize_pem());
            }
            Self { dir }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }
    }

    #[test]
    fn a_certificate_and_the_key_of_another_are_refused() {
        let files = Files::new();
        let (certificate, key) = (files.path("one.pem"), files.path("other.key"));
        let identity = Identity {
            certificate: &certificate,
            key: &key,
        };
        let refused = acceptor(identity, None, &[]).err().expect("refused");
        let told = refused.to_string();
        assert!(
            told.contains("one.pem") && told.contains("other.key"),
            "{told}"
        );
        let refused = client(RootCertStore::empty(), Some(identity));
        assert!(matches!(refused, Err(TlsError::Unfit { .. })));
    }

    /// A server and a client that each want to see who the other is.
    #[tokio::test]
    async fn both_sides_prove_who_they_are() {
        let files = Files::new();
        let (certificate, key) = (files.path("one.pem"), files.path("one.key"));
        let identity = Identity {
            certificate: &certificate,
            key: &key,
        };
        let server = acceptor(identity, Some(&certificate), &[b"h2"]).expect("a server");
        let wait = Duration::from_secs(10);
        for (shown, expected) in [(Some(identity), true), (None, false)] {
            let roots = pem::authorities(&certificate).expect("read");
            let mut config = client(roots, shown).expect("a client");
            config.alpn_protocols = vec![b"h2".to_vec()];
            let (near, far) = tokio::io::duplex(16 << 10);
            let name = ServerName::try_from("localhost").expect("a name");
            let connector = TlsConnector::from(Arc::new(config));
            let connected = tokio::spawn(connector.connect(name, near));
            let greeted = handshake(&server, far, wait).await;
            assert_eq!(greeted.is_some(), expected);
            if let Some(stream) = greeted {
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                assert!(connected.await.expect("no panic").is_ok());
            }
        }
    }
}
