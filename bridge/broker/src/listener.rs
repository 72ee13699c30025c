//! The accept loops: plain, with TLS, and for the internal client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::handshake::Handshake;

/// How long to wait before accepting again when the system has run out of something, which
/// is mostly descriptors: without a pause the loop would spin until one is closed.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// After how long, and how often from then on, the log says that clients are kept waiting.
const INTERNAL_IS_LATE: Duration = Duration::from_secs(10);

pub(crate) struct Listener {
    pub(crate) tcp: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) handshake: Arc<Handshake>,
    /// Numbers for connections, of all listeners together.
    pub(crate) numbers: Arc<AtomicU64>,
    /// Nobody is accepted before this is true.
    pub(crate) opens_after: Option<watch::Receiver<bool>>,
}

async fn internal_subscribes(mut is_subscribed: watch::Receiver<bool>) {
    loop {
        let subscribes = is_subscribed.wait_for(|is_subscribed| *is_subscribed);
        match tokio::time::timeout(INTERNAL_IS_LATE, subscribes).await {
            Ok(_) => return,
            Err(_) => tracing::warn!("the bridge has not subscribed yet; MQTT clients wait"),
        }
    }
}

impl Listener {
    /// Accepts until the broker closes; returns when the last connection is gone.
    pub(crate) async fn run(mut self, mut closing: watch::Receiver<bool>) {
        if let Some(is_subscribed) = self.opens_after.take() {
            // Clients that come meanwhile wait in the system's backlog, unaccepted.
            tokio::select! {
                () = internal_subscribes(is_subscribed) => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
        }
        let listener = Arc::new(self);
        let mut connections = JoinSet::new();
        loop {
            // A finished task stays in the set until it is joined, so a set that only grows
            // would be a leak.
            while connections.try_join_next().is_some() {}
            let accepted = tokio::select! {
                _ = closing.wait_for(|closing| *closing) => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    let (of, closing) = (Arc::clone(&listener), closing.clone());
                    let number = listener.numbers.fetch_add(1, Ordering::Relaxed);
                    let connection = async move {
                        of.serve(stream, number, closing).await;
                        // For one that has ended before it was decided on.
                        of.handshake.half_open.remove(number);
                    };
                    let half_open = &listener.handshake.half_open;
                    half_open.insert(number, || connections.spawn(connection));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an MQTT client");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }

    async fn accept(&self) -> std::io::Result<TcpStream> {
        let (stream, _) = self.tcp.accept().await?;
        // Packets are small and waited for. It fails only on a connection that is gone
        // already, which its first read finds out.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn serve(&self, stream: TcpStream, number: u64, closing: watch::Receiver<bool>) {
        let Some(tls) = &self.tls else {
            return self.handshake.serve(stream, number, closing).await;
        };
        let wait = Duration::from_millis(self.handshake.hub.limits.connect_ms_max);
        match tokio::time::timeout(wait, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.handshake.serve(stream, number, closing).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
            Err(_) => tracing::debug!("no TLS in time"),
        }
    }
}
