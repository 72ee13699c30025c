//! TLS of whoever connects and serves nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ClientConfig;

use crate::pem;
use crate::renewed::FromFiles;
use crate::tls::{self, Identity, TlsError};

/// Where it is, in PEM, whom a client believes and what it shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientFiles {
    /// Who vouches for servers. Without it those do whom this machine trusts.
    pub ca: Option<PathBuf>,
    /// A certificate and its key, for servers that ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl FromFiles for ClientFiles {
    type Made = Arc<ClientConfig>;

    fn paths(&self) -> Vec<&Path> {
        let (certificate, key) = self.identity.as_ref().map(|(c, k)| (c, k)).unzip();
        let files = [self.ca.as_ref(), certificate, key];
        files.into_iter().flatten().map(PathBuf::as_path).collect()
    }

    fn make(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let roots = match &self.ca {
            Some(path) => pem::authorities(path)?,
            None => pem::authorities_of_this_machine().ok_or(TlsError::NoRoots)?,
        };
        let identity = self.identity.as_ref();
        let identity = identity.map(|(certificate, key)| Identity { certificate, key });
        Ok(Arc::new(tls::client(roots, identity)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let write = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let ca = write("ca.pem", made.cert.pem());
        let key = write("key.pem", made.signing_key.serialize_pem());
        let mut files = ClientFiles {
            ca: Some(ca.clone()),
            identity: Some((ca.clone(), key.clone())),
        };
        assert_eq!(files.paths(), [&ca, &ca, &key].map(PathBuf::as_path));
        files.make().expect("a client");
        let missing = dir.path().join("missing.pem");
        files.identity = Some((missing.clone(), key));
        let error = files.make().expect_err("refused").to_string();
        assert!(error.contains("missing.pem"), "{error}");
        files.identity = None;
        files.ca = Some(missing);
        let error = files.make().expect_err("refused").to_string();
        assert!(error.contains("missing.pem"), "{error}");
    }
}
