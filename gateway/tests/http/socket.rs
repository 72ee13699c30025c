//! A gateway on a socket, and a client that writes its requests by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use pizza_gateway::{Gateway, GatewayConfig, Listener, Mqtt, Provided, serve};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::fake::Fake;

pub(crate) struct Server {
    pub(crate) fake: Arc<Fake>,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(GatewayConfig::default()).await
    }

    pub(crate) async fn with(config: GatewayConfig) -> Self {
        Self::with_mqtt(config, None).await
    }

    pub(crate) async fn with_mqtt(config: GatewayConfig, mqtt: Option<Mqtt>) -> Self {
        let provided = Provided {
            mqtt,
            ..Provided::default()
        };
        Self::provided_with(config, provided).await
    }

    pub(crate) async fn provided_with(config: GatewayConfig, provided: Provided) -> Self {
        let fake = Arc::new(Fake::default());
        let gateway = Gateway::new(Client::new(fake.clone()), config, provided);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(gateway, vec![Listener::http(listener)], async {
            drop(stopped.await);
        }));
        Self {
            fake,
            address,
            stop: Some(stop),
            served,
        }
    }

    pub(crate) fn begin_to_stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn stopped(self) {
        let limit = Duration::from_secs(5);
        let served = tokio::time::timeout(limit, self.served).await;
        served
            .expect("it stops")
            .expect("no panic")
            .expect("no error");
    }

    pub(crate) async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).await.expect("it listens");
        Connection(BufReader::new(stream))
    }

    /// `request` is a method, a path and maybe header lines, then maybe a JSON body after
    /// an empty line.
    pub(crate) async fn send(&self, request: &str) -> Answer {
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        self.send_bytes(head, body.as_bytes()).await
    }

    pub(crate) async fn send_bytes(&self, head: &str, body: &[u8]) -> Answer {
        let mut connection = self.connect().await;
        connection.write(head, body).await;
        connection.read().await
    }
}

pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn write(&mut self, head: &str, body: &[u8]) {
        let mut lines = head.lines();
        let mut text = format!(
            "{} HTTP/1.1\r\nhost: localhost\r\n",
            lines.next().expect("a line")
        );
        for line in lines {
            text += &format!("{line}\r\n");
        }
        if !body.is_empty() {
            text += &format!("content-length: {}\r\n", body.len());
            if !head.to_ascii_lowercase().contains("content-type:") {
                text += "content-type: application/json\r\n";
            }
        }
        text += "\r\n";
        self.0.write_all(text.as_bytes()).await.expect("it reads");
        // A body that is refused by its length is not read to its end.
        drop(self.0.write_all(body).await);
    }

    pub(crate) async fn read_raw(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        self.0.read_exact(bytes).await.map(drop)
    }

    pub(crate) async fn write_raw(&mut self, bytes: &[u8]) {
        // Anybody who has been refused may have stopped reading.
        drop(self.0.write_all(bytes).await);
    }

    /// Whether the other side closes without another word.
    pub(crate) async fn ends_within(&mut self, limit: Duration) -> bool {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(limit, self.0.read_to_end(&mut rest)).await;
        end.is_ok() && !rest.starts_with(b"HTTP/1.1 200")
    }

    pub(crate) async fn read_head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).await.expect("a line");
            assert_ne!(read, 0, "the connection ended in {head:?}");
        }
        head
    }

    /// An answer with its body, unpacked where it came by gzip.
    pub(crate) async fn read(&mut self) -> Answer {
        let head = self.read_head().await;
        let status = head[9..12].parse().expect("a status");
        let mut answer = Answer {
            status,
            head,
            body: String::new(),
        };
        let length = answer.header("content-length").unwrap_or("0");
        let mut body = vec![0; length.parse().expect("a length")];
        self.0.read_exact(&mut body).await.expect("a whole body");
        if answer.header("content-encoding") == Some("gzip") {
            let mut unpacked = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(&body[..]);
            std::io::Read::read_to_end(&mut decoder, &mut unpacked).expect("gzip");
            body = unpacked;
        }
        answer.body = String::from_utf8(body).expect("text");
        answer
    }

    /// One chunk of a stream; `None` when it has ended.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        let read = self.0.read_line(&mut size);
        let read = tokio::time::timeout(Duration::from_secs(5), read).await;
        if read.expect("in time").expect("a line") == 0 {
            return None;
        }
        let size = usize::from_str_radix(size.trim(), 16).expect("a size");
        let mut chunk = vec![0; size + 2];
        self.0.read_exact(&mut chunk).await.expect("a whole chunk");
        chunk.truncate(size);
        (size > 0).then(|| String::from_utf8(chunk).expect("text"))
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.head.lines().filter_map(move |line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks that it is a problem of this code, in full.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let json = self.json();
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(json["type"], format!("urn:awesome-pizza:problem:{code}"));
        assert_eq!(json["status"], status);
        assert_eq!(json["requestId"].as_str(), self.header("x-request-id"));
        assert!(
            json["title"].is_string() && json["detail"].is_string(),
            "{json}"
        );
        json
    }
}
