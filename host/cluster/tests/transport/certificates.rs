//! An authority of a cluster, and what it signs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use pizza_cluster::transport::{Credentials, Tls};
use pizza_edge::peer::Files;
use pizza_edge::pem;
use pizza_edge::renewed::Renewed;
use pizza_edge::tls::client;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ServerConfig};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("signed").pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// The certificate and the key of a silo of this name.
    pub(crate) fn sign(&self, name: &str) -> (String, String) {
        self.signed(CertificateParams::new([name.to_owned()]).expect("a name"))
    }

    pub(crate) fn sign_expired(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.signed(params)
    }

    fn signed(&self, params: CertificateParams) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        (certificate.pem(), key.serialize_pem())
    }
}

/// The files of one silo.
pub(crate) struct Silo {
    dir: TempDir,
    files: Files,
}

struct FromFiles(Renewed<Files>);

impl Credentials for FromFiles {
    fn server(&self) -> Arc<ServerConfig> {
        self.0.now().server
    }

    fn client(&self) -> Arc<ClientConfig> {
        self.0.now().client
    }
}

impl Silo {
    /// A silo that shows this, and believes whom `ca` vouches for.
    pub(crate) fn new(shown: &(String, String), ca: &Authority) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| -> PathBuf { dir.path().join(name) };
        let files = Files {
            certificate: path("certificate.pem"),
            key: path("key.pem"),
            ca: Some(path("ca.pem")),
        };
        fs::write(path("ca.pem"), &ca.pem).expect("written");
        let silo = Self { dir, files };
        silo.renew(shown);
        silo
    }

    pub(crate) fn renew(&self, (certificate, key): &(String, String)) {
        self.replace("certificate.pem", certificate);
        self.replace("key.pem", key);
    }

    pub(crate) fn believe(&self, ca: &Authority) {
        self.replace("ca.pem", &ca.pem);
    }

    fn replace(&self, name: &str, text: &str) {
        let (beside, path) = (self.dir.path().join("new"), self.dir.path().join(name));
        fs::write(&beside, text).expect("written");
        fs::rename(&beside, &path).expect("renamed");
    }

    /// Where a silo's name is the host of its address.
    pub(crate) fn tls(&self) -> Tls {
        let renewed = Renewed::read(self.files.clone()).expect("files that work");
        Tls {
            credentials: Arc::new(FromFiles(renewed)),
            name: None,
        }
    }

    /// Who believes the others and shows them nothing.
    pub(crate) fn tls_without_certificate(&self) -> Tls {
        let tls = self.tls();
        let roots = pem::authorities(&self.dir.path().join("ca.pem")).expect("an authority");
        let client = Arc::new(client(roots, None).expect("a client"));
        Tls {
            credentials: Arc::new(ShowsNothing(tls.credentials, client)),
            name: None,
        }
    }

    /// Where all silos have one name.
    pub(crate) fn tls_named(&self, name: &'static str) -> Tls {
        let name = Some(ServerName::try_from(name).expect("a name"));
        Tls { name, ..self.tls() }
    }
}

/// Shows nothing when it connects.
struct ShowsNothing(Arc<dyn Credentials>, Arc<ClientConfig>);

impl Credentials for ShowsNothing {
    fn server(&self) -> Arc<ServerConfig> {
        self.0.server()
    }

    fn client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.1)
    }
}
