//! Streams out to the broker, at QoS 1, in the order of each stream, from durable cursors.
//!
//! A connection of its own, which begins anew whenever it is lost: nothing of the last one
//! is sent again but by reading the stream from the cursor. So what the client library kept
//! of a lost connection never has to be told apart from what the followers send again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::config::Outbound;
use crate::counted;
use crate::follow::{Follower, Outgoing};
use crate::lane::wait;
use crate::link::{LinkError, Options, Turned, Wheel};

/// Sent and not yet acknowledged by the broker.
const IN_FLIGHT: usize = 100;
/// How soon a new key is found.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const PAGE: usize = 1_000;

pub(crate) struct Publisher {
    pub(crate) client: Client,
    pub(crate) options: Options,
    pub(crate) streams: Vec<Arc<Outbound>>,
}

/// What the connection tells of publications.
enum Told {
    Connected,
    Sent(u16),
    Acknowledged(u16),
    Lost(LinkError),
}

impl Publisher {
    /// For ever: it may be cut off anywhere, and goes on from the cursors.
    pub(crate) async fn run(self) {
        let mut tries = 0;
        loop {
            let was_there = self.connection().await;
            counted::lost();
            tries = if was_there { 0 } else { tries + 1 };
            tokio::time::sleep(wait(&self.client, tries)).await;
        }
    }

    /// From one connection to its loss; whether there was one.
    async fn connection(&self) -> bool {
        let (mqtt, wheel) = self.options.open(IN_FLIGHT + 1);
        let (tell, mut told) = mpsc::channel(IN_FLIGHT);
        let mut tasks = JoinSet::new();
        tasks.spawn(turn(wheel, tell));
        let (out, mut outgoing) = mpsc::channel::<Outgoing>(IN_FLIGHT);
        // In the order in which they were handed over, then by packet id.
        let mut handed: VecDeque<oneshot::Sender<()>> = VecDeque::new();
        let mut sent: HashMap<u16, oneshot::Sender<()>> = HashMap::new();
        let mut was_there = false;
        loop {
            let has_room = handed.len() + sent.len() < IN_FLIGHT;
            tokio::select! {
                event = told.recv() => match event {
                    Some(Told::Connected) => {
                        was_there = true;
                        tasks.spawn(self.look().follow_all(out.clone()));
                    }
                    Some(Told::Sent(id)) => sent.extend(handed.pop_front().map(|tell| (id, tell))),
                    Some(Told::Acknowledged(id)) => {
                        if let Some(tell) = sent.remove(&id) {
                            counted::published();
                            tell.send(()).ok();
                        }
                    }
                    Some(Told::Lost(error)) => {
                        tracing::warn!(%error, "the broker for events is not there");
                        return was_there;
                    }
                    None => return was_there,
                },
                Some((publication, tell)) = outgoing.recv(), if has_room => {
                    match mqtt.publish(publication) {
                        Ok(()) => handed.push_back(tell),
                        Err(error) => {
                            tracing::error!(%error, "an event cannot be published");
                            return was_there;
                        }
                    }
                }
            }
        }
    }

    fn look(&self) -> Look {
        Look {
            client: self.client.clone(),
            streams: self.streams.clone(),
            name: self.options.client_id.clone(),
        }
    }
}

/// Turns the connection's wheel until it is lost.
async fn turn(mut wheel: Wheel, tell: mpsc::Sender<Told>) {
    loop {
        let told = match wheel.turn().await {
            Ok(Turned::Connected { .. }) => Told::Connected,
            Ok(Turned::Sent(id)) => Told::Sent(id),
            Ok(Turned::Acknowledged(id)) => Told::Acknowledged(id),
            Ok(_) => continue,
            Err(error) => {
                drop(tell.send(Told::Lost(error)).await);
                return;
            }
        };
        if tell.send(told).await.is_err() {
            return;
        }
    }
}

/// Finds the keys of each stream, now and again.
struct Look {
    client: Client,
    streams: Vec<Arc<Outbound>>,
    name: String,
}

impl Look {
    async fn follow_all(self, out: mpsc::Sender<Outgoing>) {
        let mut followers = JoinSet::new();
        let mut known = HashSet::new();
        loop {
            for (number, config) in self.streams.iter().enumerate() {
                for key in self.keys(&config.actor).await {
                    if !known.insert((number, Arc::clone(&key))) {
                        continue;
                    }
                    let cursor = format!("mqtt/{}/{}/{key}", self.name, config.stream);
                    let follower = Follower {
                        client: self.client.clone(),
                        config: Arc::clone(config),
                        key,
                        cursor,
                        out: out.clone(),
                    };
                    followers.spawn(follower.run());
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn keys(&self, actor_type: &str) -> Vec<Arc<str>> {
        let mut keys: Vec<Arc<str>> = Vec::new();
        loop {
            let after = keys.last().cloned();
            let transport = self.client.transport();
            let page = transport.actors(actor_type, after.as_deref(), PAGE).await;
            match page {
                Ok(page) if page.is_empty() => return keys,
                Ok(page) => keys.extend(page),
                Err(error) => {
                    tracing::warn!(actor_type, %error, "the keys of a stream cannot be listed");
                    return keys;
                }
            }
        }
    }
}
