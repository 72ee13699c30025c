//! Where clients come in: plain, with TLS, and the house's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::connection::Entry;

/// How long to wait before accepting again when the system has run out of something.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// Nobody who is acknowledged something may lose it, so people wait for the house.
const HOUSE_IS_LATE: Duration = Duration::from_secs(10);

pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) entry: Arc<Entry>,
    pub(super) numbers: Arc<AtomicU64>,
    /// Nobody is let in before the house is.
    pub(super) house: Option<watch::Receiver<bool>>,
}

/// When the house has subscribed.
async fn opens(mut house: watch::Receiver<bool>) {
    loop {
        let comes = house.wait_for(|is_in| *is_in);
        match tokio::time::timeout(HOUSE_IS_LATE, comes).await {
            Ok(_) => return,
            Err(_) => tracing::warn!("the bridge has not subscribed yet; MQTT clients wait"),
        }
    }
}

impl Door {
    /// Until the broker closes; then until everybody has gone.
    pub(super) async fn open(mut self, mut closing: watch::Receiver<bool>) {
        if let Some(house) = self.house.take() {
            tokio::select! {
                () = opens(house) => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
        }
        let door = Arc::new(self);
        let mut visits = JoinSet::new();
        loop {
            // Those who are gone leave nothing behind.
            while visits.try_join_next().is_some() {}
            let accepted = tokio::select! {
                _ = closing.wait_for(|closing| *closing) => break,
                accepted = door.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    let (visited, closing) = (Arc::clone(&door), closing.clone());
                    let number = door.numbers.fetch_add(1, Ordering::Relaxed);
                    let visit = async move {
                        visited.admit(stream, number, closing).await;
                        visited.entry.hall.leave(number);
                    };
                    door.entry.hall.enter(number, || visits.spawn(visit));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an MQTT client");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
        while visits.join_next().await.is_some() {}
    }

    async fn accept(&self) -> std::io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        // One that has left already is found out later.
        drop(stream.set_nodelay(true));
        Ok(stream)
    }

    async fn admit(&self, stream: TcpStream, number: u64, closing: watch::Receiver<bool>) {
        let Some(tls) = &self.tls else {
            return self.entry.serve(stream, number, closing).await;
        };
        let wait = Duration::from_millis(self.entry.hub.limits.connect_ms_max);
        match tokio::time::timeout(wait, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.entry.serve(stream, number, closing).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
            Err(_) => tracing::debug!("no TLS in time"),
        }
    }
}
