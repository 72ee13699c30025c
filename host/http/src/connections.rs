//! Connections: how many there may be, how slow, and how they end.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use pizza_edge::accept::accept;
use pizza_edge::tls::handshake;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::closing::{self, Graceful, Socket};
use crate::frame_limit::FrameLimit;
use crate::limits::Limits;
use crate::permits::{Peer, Permit, Permits};
use crate::service::ConnectionService;

/// How long a client that is evicted may take to receive the rest of an answer.
const EVICTION_WAIT: Duration = Duration::from_millis(100);
/// The least buffer that the HTTP library works with.
const BUFFER_BYTES_MIN: usize = 8 << 10;
/// How many requests may be in progress at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 128;
/// The name that HTTP/2 has in TLS (RFC 9113, 3.2).
const HTTP_2: &[u8] = b"h2";

/// An address where clients come in, and how they are served there.
pub struct Listener {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    #[must_use]
    pub fn http(listener: TcpListener) -> Self {
        let tls = None;
        Self { listener, tls }
    }

    /// Speaks HTTP/2 with clients that ask for it, if the acceptor offers it.
    #[must_use]
    pub fn https(listener: TcpListener, tls: TlsAcceptor) -> Self {
        let tls = Some(tls);
        Self { listener, tls }
    }
}

/// Serves until `stop` resolves, and then until the requests in progress are answered or
/// their time is over.
///
/// # Errors
/// When a listener fails.
pub async fn serve(
    listeners: Vec<Listener>,
    router: Router,
    limits: &Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let permits = Permits::new(limits.connections_max, limits.connections_per_address_max);
    let closing = watch::Sender::new(false);
    let mut accepting = JoinSet::new();
    for Listener { listener, tls } in listeners {
        let address = listener.local_addr()?;
        tracing::info!(%address, tls = tls.is_some(), "listening");
        let acceptor = Acceptor {
            router: router.clone(),
            tls,
            head_wait: Duration::from_millis(limits.head_ms_max),
            head_bytes: limits.head_bytes_max,
            closing: closing.subscribe(),
        };
        accepting.spawn(acceptor.accept_all(listener, Arc::clone(&permits)));
    }
    stop.await;
    // `send` would fail when all acceptors have ended already.
    closing.send_replace(true);
    // Nobody new comes in, but those who are in stay: to drop them would cut them off.
    // An acceptor that has panicked panics here: there is no serving without it.
    let mut connections = accepting.join_all().await;
    let time = Duration::from_millis(limits.drain_ms);
    let finished = async {
        for connections in &mut connections {
            while connections.join_next().await.is_some() {}
        }
    };
    if tokio::time::timeout(time, finished).await.is_err() {
        tracing::warn!("requests that took too long were cut off");
    }
    Ok(())
}

/// What happens to the connections of one listener.
struct Acceptor {
    router: Router,
    tls: Option<TlsAcceptor>,
    head_wait: Duration,
    head_bytes: usize,
    closing: watch::Receiver<bool>,
}

impl Acceptor {
    /// Accepts until it is told to close; returns the connections that are still open.
    async fn accept_all(self, listener: TcpListener, permits: Arc<Permits>) -> JoinSet<()> {
        let acceptor = Arc::new(self);
        let mut closing = acceptor.closing.clone();
        let mut connections = JoinSet::new();
        loop {
            // Whatever is given up when another branch is held must not have let anybody in.
            let accepted = tokio::select! {
                _ = closing.wait_for(|closing| *closing) => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener) => accepted,
            };
            let (stream, address) = (accepted.0, accepted.1.ip());
            let permit = tokio::select! {
                permit = permits.enter(address) => permit,
                _ = closing.wait_for(|closing| *closing) => Some(permits.enter_regardless(address)),
            };
            match permit {
                Some(permit) => {
                    let acceptor = Arc::clone(&acceptor);
                    let permit = Arc::new(permit);
                    connections.spawn(async move { acceptor.serve(stream, permit).await });
                }
                None => tracing::debug!(%address, "an address has as many as it may have"),
            }
        }
        for stream in closing::drain_backlog(listener) {
            let Ok(peer) = stream.peer_addr() else {
                continue;
            };
            let permit = Arc::new(permits.enter_regardless(peer.ip()));
            let acceptor = Arc::clone(&acceptor);
            connections.spawn(async move { acceptor.serve(stream, permit).await });
        }
        connections
    }

    async fn serve(&self, stream: TcpStream, permit: Arc<Permit>) {
        let peer = &permit.peer;
        let stream = Socket::new(stream, peer.clone());
        let Some(tls) = &self.tls else {
            return self.http1(stream, &permit).await;
        };
        // A client that says nothing must not hold a permit for ever.
        let greeted = tokio::select! {
            greeted = handshake(tls, stream, self.head_wait) => greeted,
            () = peer.evicted() => return,
        };
        peer.secured();
        match greeted {
            Some(stream) if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) => {
                self.http2(stream, &permit).await;
            }
            Some(stream) => self.http1(stream, &permit).await,
            None => {}
        }
    }

    async fn http1<S>(&self, stream: S, permit: &Arc<Permit>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_wait)
            .max_header_size(self.head_bytes)
            .max_buf_size(self.head_bytes.max(BUFFER_BYTES_MIN))
            .serve_connection(TokioIo::new(stream), self.service(permit))
            .with_upgrades();
        // The library has an eye on idle connections by itself.
        self.run(connection, &permit.peer, std::future::pending())
            .await;
    }

    async fn http2<S>(&self, stream: S, permit: &Arc<Permit>)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        // HTTP/2 counts 32 bytes more for each field (RFC 9113, 6.5.2), which is close enough.
        let head_bytes = u32::try_from(self.head_bytes).unwrap_or(u32::MAX);
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(head_bytes)
            .serve_connection(TokioIo::new(FrameLimit::new(stream)), self.service(permit));
        let peer = &permit.peer;
        self.run(connection, peer, idle_for(peer, self.head_wait))
            .await;
    }

    fn service(&self, permit: &Arc<Permit>) -> ConnectionService {
        let (router, permit) = (self.router.clone(), Arc::clone(permit));
        ConnectionService { router, permit }
    }

    /// Carries a connection until the client goes, the listener closes, or another connection needs
    /// the permit.
    async fn run(&self, connection: impl Graceful, peer: &Peer, idle: impl Future<Output = ()>) {
        let mut connection = pin!(connection);
        let mut closing = self.closing.clone();
        let has_time = tokio::select! {
            ended = &mut connection => return log_end(ended),
            _ = closing.wait_for(|closing| *closing) => true,
            () = peer.evicted() => false,
            () = idle => false,
        };
        if has_time {
            return log_end(closing::finish(connection, peer).await);
        }
        connection.as_mut().graceful_shutdown();
        // A request that has come in the meantime is answered, but a head that comes in drops
        // is none yet.
        loop {
            let ended = tokio::time::timeout(EVICTION_WAIT, &mut connection).await;
            match ended {
                Ok(ended) => return log_end(ended),
                Err(_) if peer.idle_since().is_some() => return,
                Err(_) => {}
            }
        }
    }
}

fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Returns when there has been no request for this long, or up to half as long again.
async fn idle_for(peer: &Peer, time: Duration) {
    let mut before = None;
    let mut unchanged = 0;
    while unchanged < 2 {
        tokio::time::sleep(time / 2).await;
        let since = peer.idle_since();
        unchanged = if since.is_some() && since == before {
            unchanged + 1
        } else {
            0
        };
        before = since;
    }
}
