//! HTTPS: a certificate by configuration, or one that vouches for itself.

use std::io;
use std::path::{Path, PathBuf};

use pizza_edge::private_file;
use pizza_edge::tls::{self, Identity};
use tokio_rustls::TlsAcceptor;

use crate::config::HttpsConfig;

/// What is spoken inside (RFC 9113, 3.2; RFC 9112); the client takes the first that it knows.
const PROTOCOLS: &[&[u8]] = &[b"h2", b"http/1.1"];
// The files that are made in the directory where none are configured.
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// Whom a certificate that was made here speaks for, beside the address it is served on.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

#[derive(Clone)]
pub struct Tls(TlsAcceptor);

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(transparent)]
    Unusable(#[from] tls::TlsError),
    #[error("{} cannot be written", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("a certificate cannot be made")]
    NotMade(#[from] rcgen::Error),
    #[error("gateway.https takes `certificate` and `key` together, and only one of them is given")]
    Half,
}

impl Tls {
    /// What a listener accepts connections by.
    #[must_use]
    pub fn acceptor(self) -> TlsAcceptor {
        self.0
    }

    /// TLS as it is configured; without a certificate, with the one that is kept in `dir` or made
    /// there now.
    ///
    /// # Errors
    /// When a file cannot be read, is not what it should be, or cannot be written.
    pub fn new(config: &HttpsConfig, dir: &Path) -> Result<Self, TlsError> {
        match (&config.certificate, &config.key) {
            (Some(certificate), Some(key)) => Self::read(certificate, key),
            (None, None) => {
                let (certificate, key) = (dir.join(CERTIFICATE), dir.join(KEY));
                // Both or none: a certificate is made together with its key.
                if !certificate.exists() || !key.exists() {
                    make(config, &certificate, &key)?;
                }
                Self::read(&certificate, &key)
            }
            _ => Err(TlsError::Half),
        }
    }

    /// The files of the certificate and its key, for a server of another protocol that shows the
    /// same certificate. They are there once `new` has returned.
    #[must_use]
    pub fn files(config: &HttpsConfig, dir: &Path) -> (PathBuf, PathBuf) {
        match (&config.certificate, &config.key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => (dir.join(CERTIFICATE), dir.join(KEY)),
        }
    }

    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let identity = Identity { certificate, key };
        Ok(Self(tls::acceptor(identity, None, PROTOCOLS)?))
    }
}

fn make(config: &HttpsConfig, certificate: &Path, key: &Path) -> Result<(), TlsError> {
    let mut names = NAMES.map(str::to_owned).to_vec();
    let address = config.address.ip();
    // `0.0.0.0` is no name by which anybody asks.
    if !address.is_loopback() && !address.is_unspecified() {
        names.push(address.to_string());
    }
    let made = rcgen::generate_simple_self_signed(names)?;
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        |source| TlsError::Unwritable { path, source }
    };
    // The key first: a certificate without its key would be of no use to the next start.
    private_file::write(key, &made.signing_key.serialize_pem()).map_err(unwritable(key))?;
    private_file::write(certificate, &made.cert.pem()).map_err(unwritable(certificate))
}
