//! TLS to servers and sentinels: whom this silo believes, what it shows, and what is said when one of them
//! is refused.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{
    self, AlertDescription, CertificateError, ClientConfig, InvalidMessage,
};

use crate::address::Node;

/// The longest first line of an answer that is waited for.
const LINE_BYTES_MAX: usize = 512;

/// Whom a silo believes, and what it shows. It is asked at each connection, so that files may change
/// while others go on.
pub trait Credentials: Send + Sync + 'static {
    fn client(&self) -> Arc<ClientConfig>;
}

#[derive(Clone)]
pub struct Tls {
    pub credentials: Arc<dyn Credentials>,
    /// The name that is in the certificate of each server and sentinel. Without one, it is the host at
    /// which that is found.
    pub name: Option<ServerName<'static>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        f.debug_struct("Tls")
            .field("name", name)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// Connects, and returns when the server has taken this side for a client of its own.
    ///
    /// # Errors
    /// When either side refuses the other; the text says which, and what to look at.
    pub(crate) async fn connect(
        &self,
        node: &Node,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = self.name_at(node)?;
        let connector = TlsConnector::from(self.credentials.client());
        let connected = async {
            let mut stream = connector.connect(name, stream).await?;
            is_taken(&mut stream).await?;
            Ok(stream)
        };
        connected
            .await
            .map_err(|error: io::Error| told(node, &error))
    }

    fn name_at(&self, node: &Node) -> io::Result<ServerName<'static>> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let host = node.rsplit_once(':').map_or(&**node, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host.to_owned()).map_err(|_| {
            io::Error::other(format!(
                "{node} has no host that a certificate could be for"
            ))
        })
    }
}

/// With TLS 1.3 a client has connected before the server looks at its certificate. What the server thinks
/// of it comes with the first answer, and only here it is known as what it is: not as a lost connection.
async fn is_taken(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    // Whether it arrives or not, an alert that came before is still to be read.
    let _ = stream.write_all(b"PING\r\n").await;
    let _ = stream.flush().await;
    for _ in 0..LINE_BYTES_MAX {
        // Also where a password is wanted first the server says one line.
        if stream.read_u8().await? == b'\n' {
            return Ok(());
        }
    }
    Err(io::Error::other("it answers something else than Redis"))
}

/// What went wrong, for an operator.
fn told(node: &Node, error: &io::Error) -> io::Error {
    let inner = error.get_ref();
    let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        let kind = error.kind();
        return io::Error::new(kind, format!("no TLS with {node}: {error}"));
    };
    let text = match tls {
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!(
            "the certificate of {node} is for somebody else ({tls}): it has to carry the host by which the \
             server is found, or what `name` in [silo.cluster.store_tls] says"
        ),
        rustls::Error::InvalidCertificate(_) => format!(
            "the certificate of {node} is refused ({tls}): `ca` in [silo.cluster.store_tls] says whose \
             certificates are believed"
        ),
        rustls::Error::AlertReceived(alert) if is_of_certificates(*alert) => format!(
            "{node} refuses the certificate of this silo, or that it has none ({alert:?}): look at \
             `certificate` and `key` in [silo.cluster.store_tls], and at tls-ca-cert-file of the server"
        ),
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => format!(
            "{node} answers without TLS: name the port that the server has for it (tls-port), or say redis \
             instead of rediss"
        ),
        tls => format!("no TLS with {node}: {tls}"),
    };
    io::Error::other(text)
}

fn is_of_certificates(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::HandshakeFailure
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NotAsked;

    impl Credentials for NotAsked {
        fn client(&self) -> Arc<ClientConfig> {
            unreachable!("names need none")
        }
    }

    #[test]
    fn a_certificate_is_for_the_host_unless_servers_have_a_name() {
        let mut tls = Tls {
            credentials: Arc::new(NotAsked),
            name: None,
        };
        for (node, expected) in [
            ("redis-1.internal:6379", Some("redis-1.internal")),
            ("10.0.0.7:6379", Some("10.0.0.7")),
            ("[::1]:6379", Some("::1")),
            (":6379", None),
        ] {
            let name = tls.name_at(&node.into()).ok();
            let name = name.map(|name| name.to_str().into_owned());
            assert_eq!(name.as_deref(), expected, "{node}");
        }
        tls.name = ServerName::try_from("redis").ok();
        let name = tls.name_at(&"10.0.0.7:1".into()).expect("the name of all");
        assert_eq!(name.to_str(), "redis");
    }

    #[test]
    fn an_operator_is_told_what_to_look_at() {
        let node: Node = "h:1".into();
        let told = |error: rustls::Error| told(&node, &io::Error::other(error)).to_string();
        for (error, part) in [
            (CertificateError::NotValidForName.into(), "`name`"),
            (CertificateError::UnknownIssuer.into(), "`ca`"),
            (CertificateError::Expired.into(), "`ca`"),
            (
                rustls::Error::AlertReceived(AlertDescription::CertificateRequired),
                "`certificate`",
            ),
            (InvalidMessage::InvalidContentType.into(), "without TLS"),
            (rustls::Error::DecryptError, "no TLS with"),
        ] {
            let told = told(error);
            assert!(told.contains(part) && told.contains("h:1"), "{told}");
        }
    }
}
