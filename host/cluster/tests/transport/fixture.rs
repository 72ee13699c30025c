//! Two silos on sockets of this machine: `b.2` serves, and `a.1` asks it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use pizza_clock::{Clock, SystemClock};
use pizza_cluster::transport::frame::Hello;
use pizza_cluster::transport::{Dial, Error, Links, Server, Settings, TcpDial, Tls, TlsDial};
use pizza_cluster::{LinkError, Membership, Network, Request, Response, Service};
use pizza_store::{Labels, Member, MemberState, StreamKey, View};
use pizza_types::{Durability, Reply, SiloId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

pub(crate) fn a() -> SiloId {
    SiloId("a.1".into())
}

pub(crate) fn b() -> SiloId {
    SiloId("b.2".into())
}

/// Counts what reaches it. It answers `event_after(n)` with so many bytes, and not before it may.
pub(crate) struct Counting {
    pub(crate) asked: AtomicUsize,
    pub(crate) may_answer: Semaphore,
}

impl Counting {
    pub(crate) fn new(may_answer: usize) -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            may_answer: Semaphore::new(may_answer),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Service for Counting {
    async fn answer(&self, request: Request) -> Response {
        if matches!(request, Request::Ping) {
            return Response::Done;
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let permit = self.may_answer.acquire().await;
        permit.expect("it is never closed").forget();
        match request {
            Request::EventAfter { after, .. } => Response::Reply(Reply {
                body: Bytes::from(vec![b'r'; usize::try_from(after).expect("a length")]),
                declined: false,
                replayed: false,
                durability: Durability::Memory,
            }),
            _ => Response::Done,
        }
    }
}

/// A request of at least so many bytes.
pub(crate) fn long_request(bytes: usize) -> Request {
    let stream = Arc::from("s".repeat(bytes));
    let key = Arc::from("k");
    Request::Published(vec![StreamKey { stream, key }])
}

/// A request for a response of at least so many bytes.
pub(crate) fn ask_for(bytes: u64) -> Request {
    let (stream, key) = (Arc::from("s"), Arc::from("k"));
    Request::EventAfter {
        of: StreamKey { stream, key },
        after: bytes,
        wait_ms: 0,
    }
}

/// What `b.2` is, and how each of its connections ended.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    pub(crate) service: Arc<Counting>,
    pub(crate) ended: mpsc::UnboundedReceiver<Result<(), Error>>,
}

impl Serving {
    pub(crate) async fn begin(
        service: Arc<Counting>,
        settings: Settings,
        tls: Option<Tls>,
    ) -> Self {
        Self::at(service, settings, tls, Arc::new(SystemClock)).await
    }

    pub(crate) async fn at(
        service: Arc<Counting>,
        settings: Settings,
        tls: Option<Tls>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let server = Arc::new(Server::new(b(), service.clone(), clock, settings, tls));
        let (end, ended) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, end) = (Arc::clone(&server), end.clone());
                tokio::spawn(async move { end.send(server.serve(Box::new(stream)).await) });
            }
        });
        Self {
            address,
            service,
            ended,
        }
    }

    /// How the next connection ended.
    pub(crate) async fn how_it_ended(&mut self) -> Result<(), Error> {
        self.ended.recv().await.expect("the listener lives")
    }

    /// `a.1` as it asks this one.
    pub(crate) fn links(&self, settings: Settings, tls: Option<Tls>) -> Arc<Links> {
        links(self.address, settings, tls)
    }

    /// A connection on which a peer says what it likes.
    pub(crate) async fn raw(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }

    pub(crate) async fn asked_at_least(&self, number: usize) {
        while self.service.asked() < number {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) fn dial(tls: Option<Tls>) -> Arc<dyn Dial> {
    match tls {
        Some(tls) => Arc::new(TlsDial { tls, over: TcpDial }),
        None => Arc::new(TcpDial),
    }
}

pub(crate) fn links(address: SocketAddr, settings: Settings, tls: Option<Tls>) -> Arc<Links> {
    let member = Member {
        address: address.to_string().into(),
        edges: None,
        state: MemberState::Live,
        labels: Labels::new(),
    };
    let view = View {
        version: 1,
        generation: 2,
        members: BTreeMap::from([(b(), member)]),
    };
    let membership = Arc::new(Membership::joined(&a(), view));
    Links::new(membership, dial(tls), Arc::new(SystemClock), settings)
}

/// Why a question did not leave.
pub(crate) async fn not_sent(links: &Links) -> String {
    match links.ask(&b(), long_request(1)).await {
        Err(LinkError::NotSent { detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn hello(oldest: u16, newest: u16) -> Hello {
    Hello {
        protocol: newest,
        protocol_oldest: oldest,
        from: a(),
        to: b(),
        limits: None,
    }
}

/// Writes a frame as the protocol's text says, by hand.
pub(crate) async fn write_frame(stream: &mut TcpStream, value: &impl serde::Serialize) {
    let bytes = rmp_serde::to_vec_named(value).expect("encoded");
    let length = u32::try_from(bytes.len()).expect("short");
    stream.write_u32(length).await.expect("written");
    stream.write_all(&bytes).await.expect("written");
}

pub(crate) async fn read_frame<T: serde::de::DeserializeOwned>(stream: &mut TcpStream) -> T {
    let length = stream.read_u32().await.expect("a length");
    let mut bytes = vec![0; length as usize];
    stream.read_exact(&mut bytes).await.expect("a frame");
    rmp_serde::from_slice(&bytes).expect("understood")
}
