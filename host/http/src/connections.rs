//! Connections: how many there may be, how slow, and how they end.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::calm::Calm;
use crate::closing::{self, Socket};
use crate::limits::Limits;
use crate::places::{Peer, Place, Places};
use crate::visitor::Visitor;

/// How long to wait before accepting again when the system has run out of something.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// How long whoever is shown out may take to take the rest of an answer.
const LEAVES_WITHIN: Duration = Duration::from_millis(100);
/// The least buffer that the HTTP library works with.
const BUFFER_BYTES_MIN: usize = 8 << 10;
/// Requests at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 128;
/// As TLS names it (RFC 9113, 3.2).
const HTTP_2: &[u8] = b"h2";

/// Where clients come in.
pub struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Door {
    #[must_use]
    pub fn http(listener: TcpListener) -> Self {
        let tls = None;
        Self { listener, tls }
    }

    /// Speaks HTTP/2 with whoever asks for it, if the acceptor offers it.
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
    doors: Vec<Door>,
    router: Router,
    limits: &Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let places = Places::new(limits.connections_max, limits.connections_per_address_max);
    let closing = watch::Sender::new(false);
    let mut accepting = JoinSet::new();
    for Door { listener, tls } in doors {
        let address = listener.local_addr()?;
        tracing::info!(%address, tls = tls.is_some(), "listening");
        let entry = Entry {
            router: router.clone(),
            tls,
            head_wait: Duration::from_millis(limits.head_ms_max),
            head_bytes: limits.head_bytes_max,
            closing: closing.subscribe(),
        };
        accepting.spawn(entry.accept_all(listener, Arc::clone(&places)));
    }
    stop.await;
    closing.send_replace(true);
    // Nobody new comes in, but those who are in stay: to drop them would cut them off.
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

/// What happens to those who come in by one door.
struct Entry {
    router: Router,
    tls: Option<TlsAcceptor>,
    head_wait: Duration,
    head_bytes: usize,
    closing: watch::Receiver<bool>,
}

impl Entry {
    /// Until told to close; returns the connections that are still open.
    async fn accept_all(self, listener: TcpListener, places: Arc<Places>) -> JoinSet<()> {
        let entry = Arc::new(self);
        let mut closing = entry.closing.clone();
        let mut connections = JoinSet::new();
        loop {
            // Whatever is given up when another branch is taken must not have let anybody in.
            let accepted = tokio::select! {
                _ = closing.wait_for(|closing| *closing) => break,
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            };
            let place = tokio::select! {
                place = places.enter(address) => place,
                _ = closing.wait_for(|closing| *closing) => Some(places.squeeze_in(address)),
            };
            match place {
                Some(place) => {
                    let entry = Arc::clone(&entry);
                    connections.spawn(async move { entry.admit(stream, &place).await });
                }
                None => tracing::debug!(%address, "an address has as many as it may have"),
            }
        }
        for stream in closing::those_who_wait(listener) {
            let Ok(peer) = stream.peer_addr() else {
                continue;
            };
            let (entry, place) = (Arc::clone(&entry), places.squeeze_in(peer.ip()));
            connections.spawn(async move { entry.admit(stream, &place).await });
        }
        connections
    }

    async fn admit(&self, stream: TcpStream, place: &Place) {
        let peer = &place.peer;
        // Answers are small and complete: waiting to fill a packet only adds latency.
        if let Err(error) = stream.set_nodelay(true) {
            return tracing::debug!(%error, "gone before it was served");
        }
        let stream = Socket::new(stream, peer.clone());
        let Some(tls) = &self.tls else {
            return self.http1(stream, peer).await;
        };
        // Whoever says nothing must not hold a place for ever.
        let greeted = tokio::select! {
            greeted = tokio::time::timeout(self.head_wait, tls.accept(stream)) => greeted,
            () = peer.shown_out() => return,
        };
        match greeted {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) => {
                self.http2(stream, peer).await;
            }
            Ok(Ok(stream)) => self.http1(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
            Err(_) => tracing::debug!("no TLS in time"),
        }
    }

    async fn http1<S>(&self, stream: S, peer: &Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_wait)
            .max_header_size(self.head_bytes)
            .max_buf_size(self.head_bytes.max(BUFFER_BYTES_MIN))
            .serve_connection(TokioIo::new(stream), self.visitor(peer));
        // The library has an eye on idle connections by itself.
        self.run(connection, peer, std::future::pending()).await;
    }

    async fn http2<S>(&self, stream: S, peer: &Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let head_bytes = u32::try_from(self.head_bytes).unwrap_or(u32::MAX);
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(head_bytes)
            .serve_connection(TokioIo::new(Calm::new(stream)), self.visitor(peer));
        self.run(connection, peer, idle_for(peer, self.head_wait))
            .await;
    }

    fn visitor(&self, peer: &Peer) -> Visitor {
        let (router, peer) = (self.router.clone(), peer.clone());
        Visitor { router, peer }
    }

    /// Until the client goes, the door closes, or somebody else needs the place.
    async fn run<C>(&self, connection: C, peer: &Peer, idle: impl Future<Output = ()>)
    where
        C: GracefulConnection<Error = hyper::Error>,
    {
        let mut connection = pin!(connection);
        let mut closing = self.closing.clone();
        let has_time = tokio::select! {
            ended = &mut connection => return told(ended),
            _ = closing.wait_for(|closing| *closing) => true,
            () = peer.shown_out() => false,
            () = idle => false,
        };
        if has_time {
            return told(closing::finish(connection, peer).await);
        }
        connection.as_mut().graceful_shutdown();
        // A request that has come in the meantime is answered, but a head that comes in drops
        // is none yet.
        loop {
            let ended = tokio::time::timeout(LEAVES_WITHIN, &mut connection).await;
            match ended {
                Ok(ended) => return told(ended),
                Err(_) if peer.idle_since().is_some() => return,
                Err(_) => {}
            }
        }
    }
}

fn told(ended: Result<(), hyper::Error>) {
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
