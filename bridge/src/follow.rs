//! One stream of one key, published event by event from where its cursor stands.

use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use pizza_client::lease::LeaseClaim;
use pizza_client::retry::wait;
use pizza_types::CallError;
use tokio::sync::{mpsc, oneshot, watch};

use crate::metrics;
use crate::outbound_stream::OutboundStream;
use crate::publication::Publication;
use crate::restore::retained;

/// How many events are published before the cursor moves; at most as many are published
/// again after a crash.
const PAGE: usize = 64;
/// A stream that wakes its follower for nothing must not make it spin.
const PAUSE: Duration = Duration::from_millis(20);

/// A publication, and the sender that is used when the broker has acknowledged it.
pub(crate) type PendingPublication = (Publication, oneshot::Sender<()>);

pub(crate) struct Follower {
    pub(crate) client: Client,
    pub(crate) stream: Arc<OutboundStream>,
    pub(crate) key: Arc<str>,
    /// The name of the durable cursor.
    pub(crate) cursor: String,
    /// What was retained is published once more, before anything new.
    pub(crate) restores: bool,
    /// Without it the cursor does not move.
    pub(crate) lease: LeaseClaim,
    pub(crate) tx: mpsc::Sender<PendingPublication>,
}

/// The connection is gone: another follower begins at the cursor.
pub(crate) struct ConnectionLost;

impl Follower {
    /// Runs until the connection is gone, or it is to stop and has moved its cursor.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut tries = 0;
        let mut position = loop {
            if *stop.borrow() {
                return;
            }
            match self.client.transport().cursor(&self.cursor).await {
                Ok(position) => break position.unwrap_or(0),
                Err(error) => self.back_off(&error, &mut tries).await,
            }
        };
        if self.restores {
            loop {
                match self.restore(position).await {
                    Ok(Ok(())) => break,
                    Ok(Err(ConnectionLost)) => return,
                    Err(error) => self.back_off(&error, &mut tries).await,
                }
            }
        }
        // In between, and not within a page, whose events would be published once more.
        while !*stop.borrow() {
            match self.page(position).await {
                Ok(Ok(next)) if next > position => (position, tries) = (next, 0),
                Ok(Ok(_)) => {
                    let transport = self.client.transport();
                    let (stream, key) = (&self.stream.name, &self.key);
                    // It may return early, and does where the silo cannot be reached.
                    tokio::select! {
                        () = transport.event_after(stream, key, position) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(Err(ConnectionLost)) => return,
                Err(error) => self.back_off(&error, &mut tries).await,
            }
        }
    }

    async fn back_off(&self, error: &CallError, tries: &mut u32) {
        tracing::warn!(cursor = self.cursor, %error, "a stream cannot be followed; it is tried again");
        tokio::time::sleep(wait(&self.client, *tries)).await;
        *tries += 1;
    }

    async fn restore(&self, up_to: u64) -> Result<Result<(), ConnectionLost>, CallError> {
        for config in &self.stream.mappings {
            if !config.retain {
                continue;
            }
            let publications = retained(&self.client, config, &self.key, up_to).await?;
            if let Err(ConnectionLost) = self.publish(publications).await {
                return Ok(Err(ConnectionLost));
            }
        }
        Ok(Ok(()))
    }

    /// Publishes what comes after the position; where the cursor stands then.
    async fn page(&self, after: u64) -> Result<Result<u64, ConnectionLost>, CallError> {
        let (transport, stream) = (self.client.transport(), &self.stream.name);
        let page = transport.events(stream, &self.key, after, PAGE).await?;
        let Some(last) = page.events.last().map(|event| event.position) else {
            return Ok(Ok(after));
        };
        let first = page.events[0].position;
        // Positions have no gaps. At 0 there is no cursor yet, and nothing can be missed.
        if after > 0 && first > after + 1 {
            metrics::missed(first - after - 1);
            tracing::warn!(
                cursor = self.cursor,
                after,
                first,
                "events are not kept any more"
            );
        }
        let payloads = page.events.iter().map(|event| &*event.payload);
        let publications = self.stream.publications(payloads);
        if let Err(ConnectionLost) = self.publish(publications).await {
            return Ok(Err(ConnectionLost));
        }
        // After the broker has them, so a crash repeats events and loses none.
        self.move_cursor(last).await;
        Ok(Ok(last))
    }

    /// Tries until it has moved: to read the page again would publish it again. Who has lost the lease is
    /// ended meanwhile.
    async fn move_cursor(&self, last: u64) {
        let mut tries = 0;
        loop {
            let transport = self.client.transport();
            match transport.move_cursor(&self.cursor, last, &self.lease).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(cursor = self.cursor, "this bridge has no lease");
                }
                Err(error) => {
                    tracing::warn!(cursor = self.cursor, %error, "a cursor cannot be moved");
                }
            }
            tokio::time::sleep(wait(&self.client, tries)).await;
            tries += 1;
        }
    }

    /// Returns when the broker has acknowledged all of them.
    async fn publish(&self, publications: Vec<Publication>) -> Result<(), ConnectionLost> {
        let mut acknowledgements = Vec::new();
        for publication in publications {
            let (tx, rx) = oneshot::channel();
            let sent = self.tx.send((publication, tx)).await;
            sent.map_err(|_| ConnectionLost)?;
            acknowledgements.push(rx);
        }
        // All are on their way before the first is waited for.
        for rx in acknowledgements {
            rx.await.map_err(|_| ConnectionLost)?;
        }
        Ok(())
    }
}
