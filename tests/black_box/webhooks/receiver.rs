//! A server of somebody who wants to hear of what happens.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::common::until;

/// How long a connection may be silent before it is seen whether the server is to stop.
const TICK: Duration = Duration::from_millis(50);

/// What was posted.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: Vec<u8>,
    pub(crate) json: Value,
    pub(crate) at: Instant,
    /// What it was answered with.
    pub(crate) status: u16,
}

impl Delivery {
    pub(crate) fn position(&self) -> u64 {
        self.json["position"].as_u64().expect("a position")
    }
}

/// A status, and headers.
pub(crate) type Reply = (u16, String);
type Answer = Box<dyn FnMut(&Delivery) -> Reply + Send>;

struct State {
    answer: Mutex<Answer>,
    deliveries: Mutex<Vec<Delivery>>,
    is_stopping: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0", None)
    }

    /// With the certificate `{name}.pem` and its key, in this folder.
    pub(crate) fn start_tls(dir: &Path, name: &str) -> Self {
        let chain = CertificateDer::pem_file_iter(dir.join(format!("{name}.pem")));
        let chain: Result<_, _> = chain.expect("a file").collect();
        let key = PrivateKeyDer::from_pem_file(dir.join(format!("{name}.key")));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain.expect("certificates"), key.expect("a key"));
        Self::start_at("127.0.0.1:0", Some(Arc::new(config.expect("a server"))))
    }

    pub(crate) fn start_at(address: &str, tls: Option<Arc<ServerConfig>>) -> Self {
        let state = State {
            answer: Mutex::new(Box::new(|_| (204, String::new()))),
            deliveries: Mutex::default(),
            is_stopping: AtomicBool::new(false),
            tls,
        };
        let (address, state) = (address.parse().expect("an address"), Arc::new(state));
        let mut receiver = Self {
            address,
            state,
            accepting: None,
        };
        receiver.back();
        receiver
    }

    /// Nobody answers any more, until it is [`back`](Self::back).
    pub(crate) fn away(&mut self) {
        self.state.is_stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().expect("it accepts");
        }
    }

    pub(crate) fn back(&mut self) {
        self.state.is_stopping.store(false, Ordering::SeqCst);
        let listener = TcpListener::bind(self.address).expect("its address is free");
        self.address = listener.local_addr().expect("an address");
        let state = Arc::clone(&self.state);
        self.accepting = Some(spawn(move || accept(&listener, &state)));
    }

    /// How it answers from now on.
    pub(crate) fn answers(&self, answer: impl FnMut(&Delivery) -> Reply + Send + 'static) {
        *self.state.answer.lock().expect("unpoisoned") = Box::new(answer);
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.state.deliveries.lock().expect("unpoisoned").clone()
    }

    /// Waits until so many were posted, and acknowledged.
    pub(crate) fn acknowledged(&self, count: usize) -> Vec<Delivery> {
        until(&format!("{count} deliveries"), || {
            let all = self.deliveries().into_iter();
            let all: Vec<_> = all.filter(|d| d.status < 300).collect();
            (all.len() >= count).then_some(all)
        })
    }

    pub(crate) fn url(&self) -> String {
        let scheme = self.state.tls.as_ref().map_or("http", |_| "https");
        let host = self.state.tls.as_ref().map_or("127.0.0.1", |_| "localhost");
        format!("{scheme}://{host}:{}/hook", self.address.port())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.away();
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    let mut connections = Vec::new();
    for stream in listener.incoming() {
        if state.is_stopping.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        let state = Arc::clone(state);
        connections.push(spawn(move || {
            stream.set_read_timeout(Some(TICK)).expect("a timeout");
            // A client that goes away has nothing to complain about.
            let _ = match &state.tls {
                None => serve(stream, &state),
                Some(tls) => {
                    let tls = ServerConnection::new(Arc::clone(tls)).expect("TLS");
                    serve(StreamOwned::new(tls, stream), &state)
                }
            };
        }));
    }
    for connection in connections {
        connection.join().expect("it serves");
    }
}

fn serve(stream: impl Read + Write, state: &State) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_tick(&error) => {
                    if state.is_stopping.load(Ordering::SeqCst) {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let header = |name: &str| {
            let line = head
                .lines()
                .find_map(|line| line.split_once(": ").filter(|l| l.0 == name));
            line.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        let mut filled = 0;
        while filled < body.len() {
            match stream.read(&mut body[filled..]) {
                Ok(0) => return Ok(()),
                Ok(read) => filled += read,
                Err(error) if is_tick(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let mut delivery = Delivery {
            path: head.split(' ').nth(1).unwrap_or_default().to_owned(),
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            json: serde_json::from_slice(&body).unwrap_or_default(),
            body,
            at: Instant::now(),
            status: 0,
        };
        let (status, headers) = (state.answer.lock().expect("unpoisoned"))(&delivery);
        delivery.status = status;
        // Before the answer: who has it may look at once.
        state.deliveries.lock().expect("unpoisoned").push(delivery);
        let length = if status == 204 {
            ""
        } else {
            "content-length: 0\r\n"
        };
        let answer = format!("HTTP/1.1 {status} As Asked\r\n{length}{headers}\r\n");
        stream.get_mut().write_all(answer.as_bytes())?;
        stream.get_mut().flush()?;
    }
}

fn is_tick(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
