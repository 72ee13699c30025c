//! Streams out to the broker, at QoS 1, in the order of each stream, from durable cursors.
//!
//! A connection of its own, which begins anew whenever it is lost: nothing of the last one
//! is sent again but by reading the stream from the cursor. So what the client library still
//! has of a lost connection never has to be told apart from what the followers send again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pizza_client::Client;
use pizza_client::lease::LeaseClaim;
use pizza_client::retry::wait;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::follow::{Follower, PendingPublication};
use crate::metrics;
use crate::mqtt_client::{ConnectionError, Event, EventLoop, Options};
use crate::outbound_stream::OutboundStream;

/// Publications that the broker has not acknowledged: enough that the way to it and back
/// costs no throughput.
const IN_FLIGHT: usize = 100;
/// How soon a new key is found. Its events wait in the stream until then, and are not lost.
const DISCOVER_EVERY: Duration = Duration::from_secs(2);

pub(crate) struct Publisher {
    pub(crate) client: Client,
    pub(crate) options: Options,
    pub(crate) streams: Vec<Arc<OutboundStream>>,
    /// The broker has what was retained before this process began.
    pub(crate) restored: AtomicBool,
    /// Without it no cursor moves.
    pub(crate) lease: LeaseClaim,
}

/// What happens on the connection, as far as publications go.
enum PublisherEvent {
    Connected,
    Sent(u16),
    Acknowledged(u16),
    Lost(ConnectionError),
}

impl Publisher {
    /// Runs until it is to stop, and what it has begun is done. It may be dropped anywhere: the next one
    /// goes on from the cursors.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut tries = 0;
        loop {
            let was_connected = self.connection(&mut stop).await;
            if *stop.borrow() {
                return;
            }
            metrics::lost();
            // A connection that was made and lost is a new trouble, not the old one.
            tries = if was_connected { 0 } else { tries + 1 };
            tokio::select! {
                () = tokio::time::sleep(wait(&self.client, tries)) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// From one connection to its loss, or to the end of what was begun on it; whether it was ever made.
    async fn connection(&self, stop: &mut watch::Receiver<bool>) -> bool {
        // One more than are ever in flight, so that a publication always finds room.
        let (mqtt, event_loop) = self.options.open(IN_FLIGHT + 1);
        let (event_tx, mut events) = mpsc::channel(IN_FLIGHT);
        // They end with this function, which owns them: no follower outlives its connection.
        let mut tasks = JoinSet::new();
        tasks.spawn(poll(event_loop, event_tx));
        let (pending_tx, mut pending) = mpsc::channel::<PendingPublication>(IN_FLIGHT);
        // In the order in which the library has got them, and then by the packet id that it
        // gives to each in that order.
        let mut handed_over: VecDeque<oneshot::Sender<()>> = VecDeque::new();
        let mut sent: HashMap<u16, oneshot::Sender<()>> = HashMap::new();
        let mut was_connected = false;
        let (done_tx, mut done) = mpsc::channel(1);
        loop {
            let has_room = handed_over.len() + sent.len() < IN_FLIGHT;
            tokio::select! {
                event = events.recv() => match event {
                    Some(PublisherEvent::Connected) => {
                        was_connected = true;
                        let following = self.discovery().follow_all(pending_tx.clone(), stop.clone());
                        let done_tx = done_tx.clone();
                        tasks.spawn(async move {
                            following.await;
                            let _ = done_tx.send(()).await;
                        });
                    }
                    Some(PublisherEvent::Sent(id)) => {
                        sent.extend(handed_over.pop_front().map(|tx| (id, tx)));
                    }
                    Some(PublisherEvent::Acknowledged(id)) => {
                        if let Some(tx) = sent.remove(&id) {
                            metrics::published();
                            // A follower that has ended reads the events again.
                            let _ = tx.send(());
                        }
                    }
                    Some(PublisherEvent::Lost(error)) => {
                        tracing::warn!(%error, "the broker for events is not there");
                        return was_connected;
                    }
                    None => return was_connected,
                },
                Some(()) = done.recv() => return was_connected,
                // Nothing is begun yet.
                () = stops(stop), if !was_connected => return false,
                Some((publication, tx)) = pending.recv(), if has_room => {
                    match mqtt.publish(publication) {
                        Ok(()) => handed_over.push_back(tx),
                        Err(error) => {
                            tracing::error!(%error, "an event cannot be published");
                            return was_connected;
                        }
                    }
                }
            }
        }
    }

    fn discovery(&self) -> Discovery {
        Discovery {
            client: self.client.clone(),
            streams: self.streams.clone(),
            name: self.options.client_id.clone(),
            lease: self.lease.clone(),
            // Once in the life of a process: a broker that forgets what it has retained is the
            // one in this process, and begins with it.
            restores: !self.restored.swap(true, Ordering::Relaxed),
        }
    }
}

/// Returns when it is to stop.
async fn stops(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone has stopped, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Polls the connection until it is lost.
async fn poll(mut event_loop: EventLoop, tx: mpsc::Sender<PublisherEvent>) {
    loop {
        let event = match event_loop.poll().await {
            Ok(Event::Connected { .. }) => PublisherEvent::Connected,
            Ok(Event::Sent(id)) => PublisherEvent::Sent(id),
            Ok(Event::Acknowledged(id)) => PublisherEvent::Acknowledged(id),
            Ok(_) => continue,
            Err(error) => {
                // Polled on, the library would reconnect and send again what it still has.
                let _ = tx.send(PublisherEvent::Lost(error)).await;
                return;
            }
        };
        if tx.send(event).await.is_err() {
            return;
        }
    }
}

/// Finds the keys of each stream, and starts a follower for each.
struct Discovery {
    client: Client,
    streams: Vec<Arc<OutboundStream>>,
    name: String,
    lease: LeaseClaim,
    restores: bool,
}

impl Discovery {
    /// Follows until it is to stop, and every follower has come to the end of what it has begun.
    async fn follow_all(
        self,
        tx: mpsc::Sender<PendingPublication>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut followers = JoinSet::new();
        let mut known = HashSet::new();
        loop {
            for (number, stream) in self.streams.iter().enumerate() {
                let keys = self.client.all_actors(&stream.actor).await;
                let keys = keys.unwrap_or_else(|error| {
                    let actor_type = &stream.actor;
                    tracing::warn!(actor_type, %error, "the keys of a stream cannot be listed");
                    Vec::new()
                });
                for key in keys {
                    if !known.insert((number, Arc::clone(&key))) {
                        continue;
                    }
                    // Durable under this name: to change it is to publish everything again.
                    let cursor = format!("mqtt/{}/{}/{key}", self.name, stream.name);
                    let follower = Follower {
                        client: self.client.clone(),
                        stream: Arc::clone(stream),
                        key,
                        cursor,
                        restores: self.restores,
                        lease: self.lease.clone(),
                        tx: tx.clone(),
                    };
                    followers.spawn(follower.run(stop.clone()));
                }
            }
            tokio::select! {
                () = tokio::time::sleep(DISCOVER_EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        while followers.join_next().await.is_some() {}
    }
}
