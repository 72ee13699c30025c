//! HTTPS: a certificate by configuration, or one that vouches for itself.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::HttpsConfig;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// Whom a certificate that was made here speaks for, beside the address it is served on.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

#[derive(Clone)]
pub struct Tls(pub(crate) TlsAcceptor);

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("{} cannot be written", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("a certificate cannot be made")]
    NotMade(#[from] rcgen::Error),
    #[error("the certificate {} and the key {} do not work", certificate.display(), key.display())]
    Unfit {
        certificate: PathBuf,
        key: PathBuf,
        source: rustls::Error,
    },
    #[error("gateway.https takes `certificate` and `key` together, and only one of them is given")]
    Half,
}

impl Tls {
    /// As configured; without a certificate, with the one that is kept in `dir` or made
    /// there now.
    ///
    /// # Errors
    /// When a file cannot be read, is not what it should be, or cannot be written.
    pub fn new(config: &HttpsConfig, dir: &Path) -> Result<Self, TlsError> {
        match (&config.certificate, &config.key) {
            (Some(certificate), Some(key)) => Self::read(certificate, key),
            (None, None) => {
                let (certificate, key) = (dir.join(CERTIFICATE), dir.join(KEY));
                if !certificate.exists() || !key.exists() {
                    make(config, dir, &certificate, &key)?;
                }
                Self::read(&certificate, &key)
            }
            _ => Err(TlsError::Half),
        }
    }

    /// Where the certificate and its key are, for whoever else shows it; they are there
    /// once `new` has returned.
    #[must_use]
    pub fn files(config: &HttpsConfig, dir: &Path) -> (PathBuf, PathBuf) {
        match (&config.certificate, &config.key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => (dir.join(CERTIFICATE), dir.join(KEY)),
        }
    }

    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            |source| TlsError::Unreadable { path, source }
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(unreadable(certificate))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
        let unfit = |source| TlsError::Unfit {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        };
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unfit)?;
        let mut server = builder
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(unfit)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(server))))
    }
}

fn make(config: &HttpsConfig, dir: &Path, certificate: &Path, key: &Path) -> Result<(), TlsError> {
    let mut names = NAMES.map(str::to_owned).to_vec();
    let address = config.address.ip();
    if !address.is_loopback() && !address.is_unspecified() {
        names.push(address.to_string());
    }
    let made = rcgen::generate_simple_self_signed(names)?;
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        |source| TlsError::Unwritable { path, source }
    };
    let mut folder = DirBuilder::new();
    let there = folder.recursive(true).mode(0o700).create(dir);
    there.map_err(unwritable(dir))?;
    // The key first: a certificate without its key would be of no use to the next start.
    write(key, &made.signing_key.serialize_pem()).map_err(unwritable(key))?;
    write(certificate, &made.cert.pem()).map_err(unwritable(certificate))
}

/// For its owner only.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
