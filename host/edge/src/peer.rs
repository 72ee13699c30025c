//! TLS among equals: each shows the same certificate as a server and as a client.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, ServerConfig};

use crate::pem;
use crate::renewed::FromFiles;
use crate::tls::{self, Identity, TlsError};

/// Where an equal's certificate is, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Who vouches for the others. Without it those do whom this machine trusts, and whoever connects
    /// shows nothing.
    pub ca: Option<PathBuf>,
}

/// What an equal is to others.
#[derive(Debug, Clone)]
pub struct Peer {
    pub server: Arc<ServerConfig>,
    pub client: Arc<ClientConfig>,
}

impl FromFiles for Files {
    type Made = Peer;

    fn paths(&self) -> Vec<&Path> {
        let files = [Some(&self.certificate), Some(&self.key), self.ca.as_ref()];
        files.into_iter().flatten().map(PathBuf::as_path).collect()
    }

    fn make(&self) -> Result<Peer, TlsError> {
        let identity = Identity {
            certificate: &self.certificate,
            key: &self.key,
        };
        let roots = match &self.ca {
            Some(path) => pem::authorities(path)?,
            None => pem::authorities_of_this_machine().ok_or(TlsError::NoRoots)?,
        };
        let acceptor = tls::acceptor(identity, self.ca.as_deref(), &[])?;
        // Where servers ask for no certificate, none is shown.
        let shown = self.ca.is_some().then_some(identity);
        Ok(Peer {
            server: Arc::clone(acceptor.config()),
            client: Arc::new(tls::client(roots, shown)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::renewed::Renewed;

    fn write(files: &Files, certificate: Option<&str>, key: Option<&str>) {
        for (path, text) in [(&files.certificate, certificate), (&files.key, key)] {
            let Some(text) = text else { continue };
            // As those do who renew certificates: beside it, and then in its place.
            let beside = path.with_extension("new");
            fs::write(&beside, text).expect("written");
            fs::rename(&beside, path).expect("renamed");
        }
    }

    #[test]
    fn changed_files_are_read_again_once_they_work() {
        let dir = tempfile::tempdir().expect("a directory");
        let made = || {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
            let made = made.expect("made");
            (made.cert.pem(), made.signing_key.serialize_pem())
        };
        let (one, other) = (made(), made());
        let ca = dir.path().join("ca.pem");
        fs::write(&ca, &one.0).expect("written");
        let files = Files {
            certificate: dir.path().join("certificate.pem"),
            key: dir.path().join("key.pem"),
            ca: Some(ca),
        };
        write(&files, Some(&one.0), Some(&one.1));
        let renewed = Renewed::read(files.clone()).expect("read");
        let first = renewed.now();
        let is_first = || Arc::ptr_eq(&renewed.now().server, &first.server);
        assert!(is_first(), "nothing has changed");
        write(&files, Some(&other.0), None);
        assert!(is_first(), "the key is still of the other certificate");
        write(&files, None, Some(&other.1));
        assert!(!is_first(), "both are there");
        let second = renewed.now();
        fs::remove_file(&files.key).expect("removed");
        let server = renewed.now().server;
        assert!(Arc::ptr_eq(&server, &second.server), "a file is missing");
    }
}
