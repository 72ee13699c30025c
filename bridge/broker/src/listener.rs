//! The accept loops: plain, with TLS, and for the internal client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pizza_edge::accept::accept;
use pizza_edge::tls::handshake;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::handshake::Handshake;

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
                accepted = accept(&listener.tcp) => accepted,
            };
            let (stream, _) = accepted;
            let of = Arc::clone(&listener);
            let number = listener.numbers.fetch_add(1, Ordering::Relaxed);
            let connection = async move { of.serve(stream, number).await };
            let half_open = &listener.handshake.half_open;
            half_open.insert(number, || connections.spawn(connection));
        }
        while connections.join_next().await.is_some() {}
    }

    async fn serve(&self, stream: TcpStream, number: u64) {
        match &self.tls {
            None => self.handshake.serve(stream, number).await,
            // In a box: a future is as large as the largest of its branches, and most
            // clients need no TLS.
            Some(tls) => Box::pin(self.serve_tls(tls, stream, number)).await,
        }
        // For one that has ended before it was decided on.
        self.handshake.half_open.remove(number);
    }

    async fn serve_tls(&self, tls: &TlsAcceptor, stream: TcpStream, number: u64) {
        let wait = Duration::from_millis(self.handshake.hub.limits.connect_ms_max);
        if let Some(stream) = handshake(tls, stream, wait).await {
            self.handshake.serve(stream, number).await;
        }
    }
}
