//! One stream of one key, published event by event from where its cursor stands.

use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use pizza_types::CallError;
use tokio::sync::{mpsc, oneshot};

use crate::config::Outbound;
use crate::counted;
use crate::lane::wait;
use crate::publication::{Publication, publication};
use crate::restore::restore;

/// Published before the cursor moves: as many come again after a crash, at most.
const PAGE: usize = 64;
/// Being woken for nothing must not become a loop without a pause.
const PAUSE: Duration = Duration::from_millis(20);

/// A publication, and who waits for the broker to have it.
pub(crate) type Outgoing = (Publication, oneshot::Sender<()>);

pub(crate) struct Follower {
    pub(crate) client: Client,
    pub(crate) config: Arc<Outbound>,
    pub(crate) key: Arc<str>,
    pub(crate) cursor: String,
    /// What was retained is to be published again.
    pub(crate) restores: bool,
    pub(crate) out: mpsc::Sender<Outgoing>,
}

/// The connection is gone: everything begins again at the cursor.
pub(crate) struct Gone;

impl Follower {
    /// Until the connection is gone.
    pub(crate) async fn run(self) {
        let mut tries = 0;
        let mut position = loop {
            match self.client.transport().cursor(&self.cursor).await {
                Ok(position) => break position.unwrap_or(0),
                Err(error) => self.again(&error, &mut tries).await,
            }
        };
        if self.restores {
            loop {
                match restore(&self, position).await {
                    Ok(Ok(())) => break,
                    Ok(Err(Gone)) => return,
                    Err(error) => self.again(&error, &mut tries).await,
                }
            }
        }
        loop {
            match self.page(position).await {
                Ok(Ok(next)) if next > position => (position, tries) = (next, 0),
                Ok(Ok(_)) => {
                    let transport = self.client.transport();
                    let (stream, key) = (&self.config.stream, &self.key);
                    transport.event_after(stream, key, position).await;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(Err(Gone)) => return,
                Err(error) => self.again(&error, &mut tries).await,
            }
        }
    }

    async fn again(&self, error: &CallError, tries: &mut u32) {
        tracing::warn!(cursor = self.cursor, %error, "a stream cannot be followed; it is tried again");
        tokio::time::sleep(wait(&self.client, *tries)).await;
        *tries += 1;
    }

    /// Publishes what comes after the position; where the cursor stands then.
    async fn page(&self, after: u64) -> Result<Result<u64, Gone>, CallError> {
        let (transport, stream) = (self.client.transport(), &self.config.stream);
        let page = transport.events(stream, &self.key, after, PAGE).await?;
        let Some(last) = page.events.last().map(|event| event.position) else {
            return Ok(Ok(after));
        };
        let first = page.events[0].position;
        if after > 0 && first > after + 1 {
            counted::missed(first - after - 1);
            tracing::warn!(
                cursor = self.cursor,
                after,
                first,
                "events are not kept any more"
            );
        }
        let events = page.events.iter();
        let publications = events.filter_map(|event| publication(&self.config, &event.payload));
        if let Err(Gone) = self.publish(publications).await {
            return Ok(Err(Gone));
        }
        transport.move_cursor(&self.cursor, last).await?;
        Ok(Ok(last))
    }

    /// Returns when the broker has all of them.
    pub(crate) async fn publish(
        &self,
        publications: impl Iterator<Item = Publication>,
    ) -> Result<(), Gone> {
        let mut told = Vec::new();
        for publication in publications {
            let (tell, heard) = oneshot::channel();
            self.out.send((publication, tell)).await.map_err(|_| Gone)?;
            told.push(heard);
        }
        for heard in told {
            heard.await.map_err(|_| Gone)?;
        }
        Ok(())
    }
}
