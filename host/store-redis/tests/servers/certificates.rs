//! Certificates of servers and of silos, and servers that show theirs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pizza_edge::client_files::ClientFiles;
use pizza_edge::renewed::Renewed;
use pizza_store_redis::{Credentials, Tls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// The host of all servers here, and a name that their certificates have besides.
const HOST: &str = "127.0.0.1";
pub(crate) const NAME: &str = "redis.test";

static AUTHORITIES: AtomicUsize = AtomicUsize::new(0);

/// An authority that has signed a server and a silo, in files.
pub(crate) struct Certificates {
    dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

struct FromFiles(Renewed<ClientFiles>);

impl Credentials for FromFiles {
    fn client(&self) -> Arc<ClientConfig> {
        self.0.now()
    }
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        // Of two with one name the signature would be found to be wrong, not the authority.
        let name = format!("authority {}", AUTHORITIES.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let own = params.self_signed(&key).expect("signed");
        fs::write(dir.path().join("ca.pem"), own.pem()).expect("written");
        let issuer = Issuer::new(params, key);
        let certificates = Self { dir, issuer };
        certificates.sign("server", &[HOST, NAME]);
        certificates.sign("silo", &["silo"]);
        certificates
    }

    pub(crate) fn sign(&self, file: &str, names: &[&str]) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, file);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.issuer).expect("signed");
        let beside = self.path("beside");
        for (name, text) in [
            (format!("{file}.pem"), signed.pem()),
            (format!("{file}.key"), key.serialize_pem()),
        ] {
            fs::write(&beside, text).expect("written");
            fs::rename(&beside, self.path(&name)).expect("renamed");
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The settings of a server, of its cluster and of its sentinels, but for its port: whoever connects
    /// has to show a certificate.
    pub(crate) fn settings(&self) -> Vec<String> {
        let file = |name: &str| text_of(&self.path(name));
        [
            ("--tls-cert-file", file("server.pem")),
            ("--tls-key-file", file("server.key")),
            ("--tls-ca-cert-file", file("ca.pem")),
            ("--tls-auth-clients", "yes".to_owned()),
            ("--tls-cluster", "yes".to_owned()),
            ("--tls-replication", "yes".to_owned()),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
    }

    /// A silo that believes this authority, and shows what `shown` has signed, if anything.
    pub(crate) fn tls(&self, shown: Option<&Self>) -> Tls {
        let of = |shown: &Self| (shown.path("silo.pem"), shown.path("silo.key"));
        let files = ClientFiles {
            ca: Some(self.path("ca.pem")),
            identity: shown.map(of),
        };
        let renewed = Renewed::read(files).expect("files that work");
        Tls {
            credentials: Arc::new(FromFiles(renewed)),
            name: None,
        }
    }

    /// The same, where all servers have this name.
    pub(crate) fn tls_named(&self, name: &'static str) -> Tls {
        let name = Some(ServerName::try_from(name).expect("a name"));
        Tls {
            name,
            ..self.tls(Some(self))
        }
    }
}

fn text_of(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}
