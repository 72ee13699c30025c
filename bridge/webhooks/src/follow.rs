//! One key's events, posted one after the other from where its cursor stands.

use std::sync::Arc;
use std::time::Duration;

use pizza_client::retry::{wait, wait_within};
use pizza_client::{Event, EventPage};
use pizza_types::CallError;
use tokio::sync::watch;

use crate::answer::{Outcome, outcome};
use crate::message::{self, Message};
use crate::notes::{self, NoRoom};
use crate::post::Poster;
use crate::shared::Shared;

/// How many events are posted before the cursor moves; at most as many are posted again after a crash, with
/// the same ids.
const PAGE: usize = 32;
/// A stream that wakes its follower for nothing must not make it spin.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) struct Follower {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: Arc<str>,
    pub(crate) poster: Poster,
    /// Where the cursor stands.
    pub(crate) position: u64,
}

/// What became of an event.
enum Handled {
    /// It is posted, or a dead letter.
    Done,
    /// It is to stop, or the receiver is gone: the event stays where it is.
    Left,
}

/// Under this name it is durable how far a key is; to change it is to post everything again.
pub(crate) fn cursor(shared: &Shared, key: &str) -> String {
    let (name, stream) = (shared.name(), &shared.endpoint.config.stream);
    format!("webhook/{name}/{stream}/{key}")
}

impl Follower {
    /// Runs until it is to stop, and has moved its cursor.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let (mut tries, mut on) = (0, self.shared.on());
        while !*stop.borrow() {
            tokio::select! {
                // The sender lives as long as what it is about.
                _ = on.wait_for(|on| *on) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            match self.page(&mut stop).await {
                Ok(true) => tries = 0,
                Ok(false) => {
                    let client = self.shared.client.clone();
                    let (stream, after) = (&self.shared.endpoint.config.stream, self.position);
                    // It may return early, and does where the silo cannot be reached.
                    tokio::select! {
                        () = client.transport().event_after(stream, &self.key, after) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    let cursor = cursor(&self.shared, &self.key);
                    tracing::warn!(cursor, %error, "a stream cannot be followed; it is tried again");
                    tokio::time::sleep(wait(&self.shared.client, tries)).await;
                    tries += 1;
                }
            }
        }
    }

    /// Posts what comes after the position; whether there was anything.
    async fn page(&mut self, stop: &mut watch::Receiver<bool>) -> Result<bool, CallError> {
        let shared = Arc::clone(&self.shared);
        let (transport, config) = (shared.client.transport(), &shared.endpoint.config);
        let after = self.position;
        let page = transport
            .events(&config.stream, &self.key, after, PAGE)
            .await?;
        self.look_for_gaps(&page);
        if self.position > page.newest {
            // Nobody spoke on it for so long that it begins at 1 again. What was posted has the id it had.
            self.position = 0;
            return Ok(page.newest > 0);
        }
        let newest = page.newest;
        let left = |position: u64| newest.saturating_sub(position);
        shared.is_behind(&self.key, left(after), 0);
        for event in &page.events {
            if let Some(message) = message::of_event(config, &self.key, event) {
                let behind = left(event.position) + 1;
                match self.handle(event, &message, behind, stop).await {
                    Handled::Done => {}
                    Handled::Left => break,
                }
            }
            self.position = event.position;
        }
        shared.is_behind(&self.key, left(self.position), 0);
        if self.position > after {
            self.move_cursor().await;
        }
        Ok(!page.events.is_empty())
    }

    fn look_for_gaps(&self, page: &EventPage) {
        let (after, first) = (self.position, page.events.first());
        // Positions have no gaps. At 0 there is no cursor yet, and nothing can be missed.
        if let Some(first) = first.filter(|first| after > 0 && first.position > after + 1) {
            let missed = first.position - after - 1;
            self.shared.missed(missed);
            let cursor = cursor(&self.shared, &self.key);
            tracing::warn!(cursor, missed, "events are not kept any more");
        }
    }

    /// Posts a message until it is acknowledged, or a dead letter.
    async fn handle(
        &mut self,
        event: &Event,
        message: &Message,
        behind: u64,
        stop: &mut watch::Receiver<bool>,
    ) -> Handled {
        let shared = Arc::clone(&self.shared);
        let (config, mut on, mut tries) = (&shared.endpoint.config, shared.on(), 0);
        loop {
            if !*on.borrow() || *stop.borrow() {
                return Handled::Left;
            }
            let outcome = attempt(&shared, &mut self.poster, message).await;
            tries += 1;
            let (error, retry_after) = match outcome {
                Outcome::Acknowledged => return Handled::Done,
                Outcome::Gone { error } => {
                    shared.switch_off(&error);
                    let kept = notes::add_letter(&shared, &self.key, event, message, tries, &error);
                    return match kept.await {
                        Ok(()) => Handled::Done,
                        Err(NoRoom(_)) => Handled::Left,
                    };
                }
                Outcome::Failed { error, retry_after } => (error, retry_after),
            };
            shared.is_behind(&self.key, behind, tries);
            let mut pause = wait_within(
                &shared.client,
                config.retry_first_ms,
                config.retry_longest_ms,
                tries - 1,
            );
            if tries >= config.attempts {
                let kept = notes::add_letter(&shared, &self.key, event, message, tries, &error);
                match kept.await {
                    Ok(()) => return Handled::Done,
                    Err(NoRoom(why)) => {
                        // Nothing is lost: it is tried until an operator has made room.
                        tracing::error!(webhook = config.name, error = %why, "no room for dead letters");
                        pause = pause.max(Duration::from_millis(config.retry_longest_ms));
                    }
                }
            }
            // What is behind is durable before a pause, which may be long.
            self.move_cursor().await;
            tokio::select! {
                () = tokio::time::sleep(pause.max(retry_after.unwrap_or_default())) => {}
                _ = on.wait_for(|on| !*on) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    /// Tries until it has moved: to read the page again would post it again. Who has lost the lease is ended
    /// meanwhile.
    async fn move_cursor(&self) {
        let (shared, mut tries) = (&self.shared, 0);
        let cursor = cursor(shared, &self.key);
        loop {
            let transport = shared.client.transport();
            let moved = transport.move_cursor(&cursor, self.position, &shared.claim);
            match moved.await {
                Ok(true) => return,
                Ok(false) => tracing::warn!(cursor, "this edge has no lease"),
                Err(error) => tracing::warn!(cursor, %error, "a cursor cannot be moved"),
            }
            tokio::time::sleep(wait(&shared.client, tries)).await;
            tries += 1;
        }
    }
}

/// Posts a message once, and counts what came of it.
pub(crate) async fn attempt(shared: &Shared, poster: &mut Poster, message: &Message) -> Outcome {
    // It is never closed.
    let _permit = shared.endpoint.permits.acquire().await;
    let posted = poster.post(message, shared.now_ms() / 1_000).await;
    let outcome = outcome(&posted, shared.now_ms());
    match &outcome {
        Outcome::Acknowledged => shared.delivered(),
        Outcome::Gone { error } | Outcome::Failed { error, .. } => {
            tracing::debug!(
                webhook = shared.name(),
                id = message.id,
                error,
                "not acknowledged"
            );
            shared.failed(error);
        }
    }
    outcome
}
