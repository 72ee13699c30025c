//! Being asked to stop cuts off nobody who has asked before.
//!
//! What is promised: a request whose last byte had left its client before the signal was sent
//! is answered in full, on every door. What comes later is answered, too, or its connection
//! ends without a byte of an answer, so that it can be sent again elsewhere.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::common::Pizza;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const CONNECTIONS: usize = 500;
/// Each has failed without the care that is taken; `SIGTERM_ROUNDS` says how many.
const ROUNDS: usize = 4;
/// How long the drain may take is not what is tried: a busy machine takes longer.
const PATIENT: &str =
    "[gateway]\nrate_per_second = 0\ndrain_ms = 60000\n[admin_limits]\ndrain_ms = 60000\n";

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

struct Asker {
    line: BufReader<Box<dyn Stream>>,
    request: String,
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("it listens");
    let wait = Some(Duration::from_secs(40));
    stream.set_read_timeout(wait).expect("a timeout");
    stream
}

fn trusting(data: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(data.join("tls/certificate.pem"));
    roots.add(certificate.expect("PEM")).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn secured(to: SocketAddr, config: &Arc<ClientConfig>) -> Box<dyn Stream> {
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(Arc::clone(config), name).expect("a session");
    let mut stream = StreamOwned::new(session, connect(to));
    // Handshakes are not what is tried here.
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).expect("TLS");
    }
    Box::new(stream)
}

impl Asker {
    fn ask(&mut self) -> io::Result<()> {
        let line = self.line.get_mut();
        line.write_all(self.request.as_bytes())?;
        line.flush()
    }

    /// The status; `None` when the connection ended without a byte of an answer.
    fn answer(&mut self) -> Result<Option<u16>, String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match self.line.read_line(&mut head) {
                Ok(0) | Err(_) if head.is_empty() => return Ok(None),
                Ok(0) => return Err(format!("cut off in {head:?}")),
                Err(error) => return Err(format!("{error} in {head:?}")),
                Ok(_) => {}
            }
        }
        let lower = head.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        let read = self.line.read_exact(&mut body);
        read.map_err(|error| format!("{error} in the body after {head:?}"))?;
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        status
            .map(Some)
            .ok_or_else(|| format!("no status in {head:?}"))
    }
}

/// Everybody who asks: on all doors, on connections that are new, and on some that have been
/// used before and are idle.
fn askers(pizza: &Pizza, data: &Path) -> Vec<Asker> {
    let config = trusting(data);
    let token = std::fs::read_to_string(data.join("admin-token")).expect("a token");
    let order = r#"{"customerId": "customer-1", "pizzaType": "Margherita"}"#;
    let order = format!(
        "POST /api/orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{order}",
        order.len()
    );
    let list = "GET /api/restaurants HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned();
    let stats = format!(
        "GET /stats HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
        token.trim()
    );
    let mut askers = Vec::new();
    for n in 0..CONNECTIONS {
        let (stream, request): (Box<dyn Stream>, &String) = match n % 5 {
            0 => (Box::new(connect(pizza.http)), &order),
            1 => (Box::new(connect(pizza.admin)), &stats),
            2 => (secured(pizza.https, &config), &list),
            _ => (Box::new(connect(pizza.http)), &list),
        };
        let mut asker = Asker {
            line: BufReader::new(stream),
            request: request.clone(),
        };
        if n % 2 == 0 {
            asker.ask().expect("sent");
            let status = asker.answer().expect("an answer");
            assert!(matches!(status, Some(200 | 201)), "{status:?}");
        }
        askers.push(asker);
    }
    askers
}

#[test]
fn everybody_who_asked_before_the_end_is_answered() {
    let rounds = std::env::var("SIGTERM_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().expect("a number"));
    let data = tempfile::tempdir().expect("a directory");
    let file = data.path().join("pizza.toml");
    std::fs::write(&file, PATIENT).expect("a file");
    let config = file.display().to_string();
    let options = ["--config", &config, "--log", "warn"];
    let mut answered = 0;
    for round in 0..rounds {
        let mut pizza = Pizza::start(&data.path().join("data"), &options);
        let mut askers = askers(&pizza, &data.path().join("data"));
        for asker in &mut askers {
            asker.ask().expect("sent");
        }
        pizza.terminate();
        for (n, asker) in askers.iter_mut().enumerate() {
            let status = asker
                .answer()
                .unwrap_or_else(|error| panic!("{n}: {error}"));
            let status = status.unwrap_or_else(|| panic!("round {round}: {n} has no answer"));
            assert!(
                matches!(status, 200 | 201),
                "round {round}: {n} got {status}"
            );
            answered += 1;
        }
        assert!(pizza.wait().success());
    }
    assert_eq!(answered, rounds * CONNECTIONS);
}

#[test]
fn whoever_asks_while_it_closes_is_answered_or_hears_nothing() {
    let data = tempfile::tempdir().expect("a directory");
    let file = data.path().join("pizza.toml");
    std::fs::write(&file, PATIENT).expect("a file");
    let config = file.display().to_string();
    let mut pizza = Pizza::start(&data.path().join("data"), &["--config", &config]);
    let mut askers = askers(&pizza, &data.path().join("data"));
    let (before, after) = askers.split_at_mut(CONNECTIONS / 2);
    for asker in before.iter_mut() {
        asker.ask().expect("sent");
    }
    pizza.terminate();
    let sent: Vec<bool> = after.iter_mut().map(|asker| asker.ask().is_ok()).collect();
    for (n, asker) in before.iter_mut().enumerate() {
        let status = asker
            .answer()
            .unwrap_or_else(|error| panic!("{n}: {error}"));
        assert!(matches!(status, Some(200 | 201)), "{n} has no answer");
    }
    let mut answered = 0;
    for (asker, sent) in after.iter_mut().zip(sent) {
        // Never a piece of an answer.
        let status = asker.answer().unwrap_or_else(|error| panic!("{error}"));
        answered += usize::from(sent && status.is_some());
    }
    assert!(answered > 0, "nobody came while it was closing");
    assert!(pizza.wait().success());
}
