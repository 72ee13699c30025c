//! A call from one silo to another over a socket of this machine, both ends in this process, 16 in
//! flight: plain, and by TLS with certificates of both sides. The arguments have 100 bytes, and so has the reply.
//!
//! What is told is CPU, of the one thread that does all of it and of the kernel for it: other programs on the
//! machine do not count.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pizza_clock::SystemClock;
use pizza_cluster::transport::{Credentials, Dial, Links, Server, Settings, TcpDial, Tls, TlsDial};
use pizza_cluster::{Delivery, Membership, Network as _, Request, Response, Service};
use pizza_edge::peer::Files;
use pizza_edge::renewed::Renewed;
use pizza_store::{Labels, Member, MemberState, View};
use pizza_types::{ActorId, Body, Chain, Durability, Envelope, MessageId, Reply, SiloId};
use tokio::net::TcpListener;
use tokio_rustls::rustls::{ClientConfig, ServerConfig};

const IN_FLIGHT: u64 = 16;

struct Answers;

#[async_trait]
impl Service for Answers {
    async fn answer(&self, _request: Request) -> Response {
        Response::Reply(Reply {
            body: Bytes::from_static(&[b'r'; 100]),
            declined: false,
            replayed: false,
            durability: Durability::Memory,
        })
    }
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

/// One certificate that vouches for itself, for both ends.
fn tls() -> Tls {
    let dir = tempfile::tempdir().expect("a directory");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("made");
    let (certificate, key) = (dir.path().join("certificate"), dir.path().join("key"));
    fs::write(&certificate, made.cert.pem()).expect("written");
    fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let renewed = Renewed::read(Files {
        ca: Some(certificate.clone()),
        certificate,
        key,
    });
    // The files may go: what does not work is not taken in place of what did.
    Tls {
        credentials: Arc::new(FromFiles(renewed.expect("files that work"))),
        name: None,
    }
}

async fn connected(tls: Option<Tls>, to: &SiloId) -> Arc<Links> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address").to_string();
    let (clock, settings) = (Arc::new(SystemClock), Settings::default());
    let server = Server::new(to.clone(), Arc::new(Answers), clock, settings, tls.clone());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        let _ = server.serve(Box::new(stream)).await;
    });
    let member = Member {
        address: address.into(),
        edges: None,
        state: MemberState::Live,
        labels: Labels::new(),
    };
    let view = View {
        version: 1,
        generation: 2,
        members: BTreeMap::from([(to.clone(), member)]),
    };
    let membership = Arc::new(Membership::joined(&SiloId("a.1".into()), view));
    let dial: Arc<dyn Dial> = match tls {
        Some(tls) => Arc::new(TlsDial { tls, over: TcpDial }),
        None => Arc::new(TcpDial),
    };
    Links::new(membership, dial, Arc::new(SystemClock), settings)
}

fn call(number: u64) -> Request {
    let envelope = Envelope {
        target: ActorId::new("tally", "bench").expect("an id"),
        body: Body::Call {
            method: "add".into(),
            arguments: Bytes::from_static(&[b'1'; 100]),
        },
        id: MessageId::derive("bench", &[&number.to_be_bytes()]),
        deadline_ms: 0,
        chain: Chain::default(),
        caller: None,
        trace: None,
    };
    Request::Deliver {
        envelope,
        wait_ms: 5_000,
        delivery: Delivery::Normal,
    }
}

/// So many calls, 16 at once.
async fn calls(links: &Arc<Links>, to: &SiloId, number: u64) -> Duration {
    // The connection is there before the clock runs.
    links.ask(to, Request::Ping).await.expect("an answer");
    let begun = cpu();
    let callers: Vec<_> = (0..IN_FLIGHT)
        .map(|caller| {
            let (links, to) = (Arc::clone(links), to.clone());
            tokio::spawn(async move {
                for number in (caller..number).step_by(IN_FLIGHT as usize) {
                    links.ask(&to, call(number)).await.expect("an answer");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("no panic");
    }
    cpu().saturating_sub(begun)
}

/// The CPU time of this thread.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("time has passed");
    Duration::new(
        seconds,
        u32::try_from(time.tv_nsec).expect("below a second"),
    )
}

fn transport(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let to = SiloId("b.2".into());
    let mut group = c.benchmark_group("transport");
    group.throughput(Throughput::Elements(1));
    for (name, tls) in [("plain", None), ("tls", Some(tls()))] {
        let links = runtime.block_on(connected(tls, &to));
        group.bench_function(name, |b| {
            b.iter_custom(|number| runtime.block_on(calls(&links, &to, number)));
        });
    }
    group.finish();
}

criterion_group!(benches, transport);
criterion_main!(benches);
