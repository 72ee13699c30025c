//! Certificates and keys in PEM files (RFC 7468).

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a file is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    #[error("{} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: pem::Error },
    #[error("{}: there is no certificate in it", path.display())]
    NoCertificate { path: PathBuf },
    #[error("{}: a certificate in it cannot be understood", path.display())]
    NotUnderstood {
        path: PathBuf,
        source: rustls::Error,
    },
}

/// All certificates of a file, in their order; there is at least one.
///
/// # Errors
/// When the file cannot be read, or has none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<_, _>>)
        .map_err(unreadable(path))?;
    // A key in the place of a certificate is PEM too, of which none is left.
    if chain.is_empty() {
        let path = path.to_owned();
        return Err(PemError::NoCertificate { path });
    }
    Ok(chain)
}

/// The first private key of a file.
///
/// # Errors
/// When the file cannot be read, or has none.
pub fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, PemError> {
    PrivateKeyDer::from_pem_file(path).map_err(unreadable(path))
}

/// The certificates of a file as authorities that vouch for others; there is at least one.
///
/// # Errors
/// When the file cannot be read, has none, or one that cannot be an authority.
pub fn authorities(path: &Path) -> Result<RootCertStore, PemError> {
    let mut roots = RootCertStore::empty();
    for root in certificates(path)? {
        roots.add(root).map_err(|source| PemError::NotUnderstood {
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(roots)
}

/// The authorities that this machine trusts; `None` where there is none.
#[must_use]
pub fn authorities_of_this_machine() -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // Some of a system's certificates may be beyond repair; the others are as good as ever.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    (!roots.is_empty()).then_some(roots)
}

fn unreadable(path: &Path) -> impl FnOnce(pem::Error) -> PemError {
    let path = path.to_owned();
    |source| PemError::Unreadable { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_says_so() {
        let dir = tempfile::tempdir().expect("a directory");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let certificate = write("certificate.pem", &made.cert.pem());
        let key = write("key.pem", &made.signing_key.serialize_pem());
        let empty = write("empty.pem", "");
        assert_eq!(certificates(&certificate).expect("read").len(), 1);
        assert_eq!(authorities(&certificate).expect("read").len(), 1);
        assert!(private_key(&key).is_ok());
        for path in [&key, &empty] {
            for error in [certificates(path).err(), authorities(path).err()] {
                assert!(matches!(error, Some(PemError::NoCertificate { .. })));
            }
        }
        for path in [&certificate, &empty] {
            let error = private_key(path).expect_err("refused").to_string();
            assert!(error.contains(".pem cannot be read"), "{error}");
        }
        let missing = certificates(&dir.path().join("missing.pem"));
        assert!(matches!(missing, Err(PemError::Unreadable { .. })));
    }
}
