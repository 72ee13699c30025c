//! TLS between silos: each shows its certificate, and looks at the other one's.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{ClientConfig, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::dial::{Dial, Stream};
use super::error::Error;
use super::farewell;

/// What a silo shows, and whom it believes. It is asked at each connection, so that files may change
/// while others go on.
pub trait Credentials: Send + Sync + 'static {
    fn server(&self) -> Arc<ServerConfig>;
    fn client(&self) -> Arc<ClientConfig>;
}

#[derive(Clone)]
pub struct Tls {
    pub credentials: Arc<dyn Credentials>,
    /// The name that is in the certificate of each silo. Without one, it is the host of the address
    /// at which a silo is found, and whoever connects may have any name that its authority gave.
    pub name: Option<ServerName<'static>>,
}

impl Tls {
    /// Greets whoever has connected.
    pub(super) async fn accept(&self, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Error> {
        let acceptor = TlsAcceptor::from(self.credentials.server());
        let accepted = match acceptor.accept(stream).into_fallible().await {
            Ok(accepted) => accepted,
            Err((error, mut stream)) => {
                // The alert that says why is written already.
                farewell::linger(&mut stream).await;
                return Err(error.into());
            }
        };
        let shown = accepted.get_ref().1.peer_certificates();
        let checked = self.check_name(shown.and_then(<[_]>::first));
        let mut stream: Box<dyn Stream> = Box::new(accepted);
        if let Err(refused) = checked {
            farewell::refuse(&mut stream, &refused).await;
            return Err(refused);
        }
        Ok(stream)
    }

    /// That a client has the name of silos. Whether it has to show a certificate at all is
    /// decided before.
    fn check_name(&self, shown: Option<&CertificateDer<'_>>) -> Result<(), Error> {
        let (Some(name), Some(shown)) = (&self.name, shown) else {
            return Ok(());
        };
        ParsedCertificate::try_from(shown)
            .and_then(|parsed| verify_server_name(&parsed, name))
            .map_err(Error::CertificateRefused)
    }

    fn name_at(&self, address: &str) -> Result<ServerName<'static>, Error> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host.to_owned()).map_err(|_| Error::NoHost {
            address: address.to_owned(),
        })
    }
}

/// TLS over whatever connects.
pub struct TlsDial<D> {
    pub tls: Tls,
    pub over: D,
}

#[async_trait]
impl<D: Dial> Dial for TlsDial<D> {
    async fn dial(&self, address: &str) -> Result<Box<dyn Stream>, Error> {
        let name = self.tls.name_at(address)?;
        let stream = self.over.dial(address).await?;
        let connector = TlsConnector::from(self.tls.credentials.client());
        match connector.connect(name, stream).into_fallible().await {
            Ok(stream) => Ok(Box::new(stream)),
            Err((error, mut stream)) => {
                // It need not arrive: the other side is refused in any case.
                let _ = stream.shutdown().await;
                if Error::is_no_tls(&error) {
                    let address = address.to_owned();
                    return Err(Error::AnswersPlain { address });
                }
                Err(error.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct None_;

    impl Credentials for None_ {
        fn server(&self) -> Arc<ServerConfig> {
            unreachable!("names need none")
        }
        fn client(&self) -> Arc<ClientConfig> {
            unreachable!("names need none")
        }
    }

    #[test]
    fn a_certificate_is_for_the_host_of_the_address_unless_silos_have_a_name() {
        let mut tls = Tls {
            credentials: Arc::new(None_),
            name: None,
        };
        for (address, expected) in [
            ("silo-1.internal:7000", Some("silo-1.internal")),
            ("10.0.0.7:7000", Some("10.0.0.7")),
            ("[::1]:7000", Some("::1")),
            (":7000", None),
        ] {
            let name = tls.name_at(address).ok();
            let name = name.as_ref().map(|name| name.to_str().into_owned());
            assert_eq!(name.as_deref(), expected, "{address}");
        }
        tls.name = ServerName::try_from("pizza-silo").ok();
        let name = tls.name_at("10.0.0.7:7000").expect("the name of all");
        assert_eq!(name.to_str(), "pizza-silo");
    }
}
