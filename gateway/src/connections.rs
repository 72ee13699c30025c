//! Connections: how many there may be, how slow, and how they end.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures_util::future::BoxFuture;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use crate::access::Peer;
use crate::closing::{self, Conversation, Socket};
use crate::config::GatewayConfig;
use crate::tls::Tls;

/// How long to wait before accepting again when the system has run out of something.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// The least that the HTTP library works with.
const HEAD_BYTES_MIN: usize = 8 << 10;

/// Where clients come in.
pub struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Tls>,
}

impl Door {
    #[must_use]
    pub fn http(listener: TcpListener) -> Self {
        let tls = None;
        Self { listener, tls }
    }

    #[must_use]
    pub fn https(listener: TcpListener, tls: Tls) -> Self {
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
    config: &GatewayConfig,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(config.connections_max));
    let closing = watch::Sender::new(false);
    let mut accepting = JoinSet::new();
    for Door { listener, tls } in doors {
        let address = listener.local_addr()?;
        tracing::info!(%address, tls = tls.is_some(), "listening");
        let entry = Entry {
            router: router.clone(),
            tls: tls.map(|Tls(acceptor)| acceptor),
            head_wait: Duration::from_millis(config.head_ms_max),
            head_bytes: config.head_bytes_max.max(HEAD_BYTES_MIN),
            closing: closing.subscribe(),
        };
        accepting.spawn(entry.accept_all(listener, Arc::clone(&places)));
    }
    stop.await;
    closing.send_replace(true);
    // Nobody new comes in, but those who are in stay: to drop them would cut them off.
    let mut connections = accepting.join_all().await;
    let time = Duration::from_millis(config.drain_ms);
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
    async fn accept_all(self, listener: TcpListener, places: Arc<Semaphore>) -> JoinSet<()> {
        let entry = Arc::new(self);
        let mut closing = entry.closing.clone();
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = closing.wait_for(|closing| *closing) => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener, &places) => accepted,
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    let entry = Arc::clone(&entry);
                    connections.spawn(async move {
                        entry.admit(stream, peer).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
        for stream in closing::those_who_wait(listener) {
            let Ok(peer) = stream.peer_addr() else {
                continue;
            };
            let entry = Arc::clone(&entry);
            connections.spawn(async move { entry.admit(stream, Peer(peer.ip())).await });
        }
        connections
    }

    async fn admit(&self, stream: TcpStream, peer: Peer) {
        let conversation = Conversation::default();
        let stream = Socket::new(stream, conversation.clone());
        let Some(tls) = &self.tls else {
            return self.serve(stream, peer, conversation).await;
        };
        // Whoever says nothing must not hold a place for ever.
        match tokio::time::timeout(self.head_wait, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream, peer, conversation).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
            Err(_) => tracing::debug!("no TLS in time"),
        }
    }

    async fn serve<S>(&self, stream: S, peer: Peer, conversation: Conversation)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let visitor = Visitor {
            router: self.router.clone(),
            peer,
            conversation: conversation.clone(),
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_wait)
            .max_buf_size(self.head_bytes)
            .serve_connection(TokioIo::new(stream), visitor);
        let mut connection = pin!(connection);
        let mut closing = self.closing.clone();
        let ended = tokio::select! {
            ended = &mut connection => Some(ended),
            _ = closing.wait_for(|closing| *closing) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => closing::finish(connection, &conversation).await,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Answers are small and complete: waiting to fill a packet only adds latency.
    stream.set_nodelay(true)?;
    Ok((stream, Peer(peer.ip()), place))
}

/// Tells the routes who is at the other end.
struct Visitor {
    router: Router,
    peer: Peer,
    conversation: Conversation,
}

impl Service<Request<Incoming>> for Visitor {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        let begun = self.conversation.begin();
        // A router is always ready.
        let answering = self.router.clone().call(request.map(Body::new));
        Box::pin(async move {
            let answer = answering.await;
            drop(begun);
            answer
        })
    }
}
