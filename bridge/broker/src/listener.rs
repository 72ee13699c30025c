//! The accept loops: plain, with TLS, for the internal client, and for what somebody else has
//! accepted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pizza_edge::accept::accept;
use pizza_edge::tls::handshake;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::acceptor::ByteStream;
use crate::handshake::{Client, Handshake};

/// After how long, and how often from then on, the log says that clients are kept waiting.
const INTERNAL_IS_LATE: Duration = Duration::from_secs(10);

/// Where a listener's connections come from.
pub(crate) enum Source {
    Tcp(TcpListener),
    /// Accepted elsewhere, and handed over.
    Handed(mpsc::Receiver<Box<dyn ByteStream>>),
}

enum Accepted {
    Tcp(TcpStream),
    Handed(Box<dyn ByteStream>),
}

impl Source {
    /// The next connection; waits for ever when nobody can hand one over any more.
    async fn next(&mut self) -> Accepted {
        match self {
            Self::Tcp(listener) => Accepted::Tcp(accept(listener).await.0),
            Self::Handed(streams) => match streams.recv().await {
                Some(stream) => Accepted::Handed(stream),
                None => std::future::pending().await,
            },
        }
    }
}

pub(crate) struct Listener {
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
    pub(crate) async fn run(mut self, mut source: Source, mut closing: watch::Receiver<bool>) {
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
                accepted = source.next() => accepted,
            };
            let number = listener.numbers.fetch_add(1, Ordering::Relaxed);
            let client = serve(Arc::clone(&listener), accepted, number);
            let half_open = &listener.handshake.half_open;
            half_open.insert(number, || connections.spawn(client));
        }
        while connections.join_next().await.is_some() {}
    }

    async fn let_in(self: Arc<Self>, accepted: Accepted, number: u64) -> Option<Client> {
        let stream = match accepted {
            Accepted::Tcp(stream) => stream,
            Accepted::Handed(stream) => return self.handshake.let_in(stream, number).await,
        };
        let Some(tls) = &self.tls else {
            return self.handshake.let_in(stream, number).await;
        };
        let wait = Duration::from_millis(self.handshake.hub.limits.connect_ms_max);
        let stream = handshake(tls, stream, wait).await?;
        self.handshake.let_in(stream, number).await
    }
}

/// A future that ends when the client is gone.
fn serve(of: Arc<Listener>, accepted: Accepted, number: u64) -> impl Future<Output = ()> {
    // Each step is in a box of its own, made out here: a future is as large as all that it
    // begins with and the largest of its steps, and an idle client shall cost no more than
    // what it waits with.
    let lets_in = Box::pin(Arc::clone(&of).let_in(accepted, number));
    async move {
        let client = lets_in.await;
        // For one that has ended before it was decided on.
        of.handshake.half_open.remove(number);
        if let Some(client) = client {
            client.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Connection;
    use crate::session::Session;

    fn size_of_future<A, F: Future>(_: impl FnOnce(A) -> F) -> usize {
        size_of::<F>()
    }

    /// What is allocated for each client of the plain listener, in bytes. `tests/memory`
    /// measures it; here is said which part has grown. What most clients need at no time
    /// belongs in a box.
    #[test]
    fn an_idle_client_is_small() {
        let task =
            size_of_future(|(of, accepted): (Arc<Listener>, Accepted)| serve(of, accepted, 1));
        let client = size_of_future(|c: Box<Connection<TcpStream>>| c.run());
        for (what, bytes, bytes_max) in [
            ("the task", task, 64),
            ("what the task waits with", client, 320),
            ("the connection", size_of::<Connection<TcpStream>>(), 320),
            ("the session", size_of::<Session>(), 320),
        ] {
            assert!(bytes <= bytes_max, "{what} has {bytes} bytes");
        }
    }
}
