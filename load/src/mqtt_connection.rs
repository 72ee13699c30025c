//! A connection to the broker that is found again when it is lost, and loses no message: what
//! has no acknowledgement is published again on the next connection, in its order, as MQTT 5
//! has it of QoS 1 (section 4.4).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{DisconnectReasonCode, Packet, PubAck, PubAckReason};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, MqttOptions, StateError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Most messages of one client that wait for an acknowledgement. A driver has one or two; a
/// bench has as many as the broker is behind.
pub(crate) const WINDOW: u16 = 64;
/// The pauses before a new connection: the first one, doubled after each failure up to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// How long a broker may take to close the connection after the goodbye.
const GOODBYE_WAIT: Duration = Duration::from_secs(2);
/// A connection that ended so soon is a bad sign, and so many of them one after another are
/// a client of the same name.
const SHORT: Duration = Duration::from_secs(2);
const SHORT_MAX: u32 = 5;
pub(crate) const CLOSED: &str = "the broker closes our connection again and again; does another \
    simulation use the same names?";

pub(crate) struct MqttConnection {
    shared: Arc<Shared>,
    /// Polls the network for as long as this is kept.
    events: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    /// One permit for each message that may be unacknowledged; closed when the connection is given
    /// up.
    room: Arc<Semaphore>,
    /// How often the connection was lost.
    lost: AtomicU64,
}

#[derive(Default)]
struct State {
    /// The client of the current connection; absent while there is none.
    mqtt: Option<AsyncClient>,
    /// In the order in which they were published, which is the order to publish them in again.
    unacknowledged: VecDeque<Message>,
}

struct Message {
    topic: String,
    payload: Bytes,
    /// The packet identifier on this connection; absent until the message has left.
    packet: Option<u16>,
    acknowledgement: oneshot::Sender<Acknowledged>,
    /// Held until the acknowledgement, so that there are never more than [`WINDOW`] messages.
    _room: OwnedSemaphorePermit,
}

/// When the broker acknowledged the message, or why it will not take it.
pub(crate) type Acknowledged = Result<Instant, PubAckReason>;

impl MqttConnection {
    /// Opens the connection, and returns when there is one.
    ///
    /// # Errors
    /// When the first attempt fails.
    pub(crate) async fn open(options: MqttOptions) -> Result<Self, ConnectionError> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            room: Arc::new(Semaphore::new(WINDOW.into())),
            lost: AtomicU64::new(0),
        });
        let (opened_tx, opened_rx) = oneshot::channel();
        let events = tokio::spawn(run(Arc::clone(&shared), options, opened_tx));
        let connection = Self { shared, events };
        // A task that ended without a word gave no reason.
        opened_rx
            .await
            .unwrap_or(Err(ConnectionError::RequestsDone))?;
        Ok(connection)
    }

    /// Publishes at QoS 1, as soon as few enough other messages are unacknowledged. What is
    /// returned resolves with the acknowledgement.
    ///
    /// # Errors
    /// When the broker has given the connection to another client for good.
    pub(crate) async fn publish(
        &self,
        topic: String,
        payload: Bytes,
    ) -> anyhow::Result<oneshot::Receiver<Acknowledged>> {
        // Waits outside the lock for room: the acknowledgement that makes it needs the lock.
        let room = Arc::clone(&self.shared.room).acquire_owned().await;
        let (acknowledgement, acknowledged) = oneshot::channel();
        let message = Message {
            topic,
            payload,
            packet: None,
            acknowledgement,
            _room: room.context(CLOSED)?,
        };
        self.shared.publish(message);
        Ok(acknowledged)
    }

    /// How often the connection was lost.
    pub(crate) fn times_lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Says goodbye, so that the last will is not spoken.
    pub(crate) async fn close(mut self) {
        let mqtt = self.shared.state().mqtt.clone();
        if mqtt.is_some_and(|mqtt| mqtt.try_disconnect().is_ok()) {
            // A broker that does not answer the goodbye is left without it.
            let _ = timeout(GOODBYE_WAIT, &mut self.events).await;
        }
    }
}

impl Drop for MqttConnection {
    fn drop(&mut self) {
        self.events.abort();
    }
}

/// Keeps a connection: each has a client of its own, so what is left of a broken one does not
/// matter.
async fn run(
    shared: Arc<Shared>,
    options: MqttOptions,
    opened: oneshot::Sender<Result<(), ConnectionError>>,
) {
    let (mut opened, mut pause) = (Some(opened), PAUSE_FIRST);
    let (mut connected_at, mut short) = (None::<Instant>, 0);
    loop {
        // Room for all that may be unacknowledged, and for the goodbye.
        let (mqtt, mut event_loop) = AsyncClient::new(options.clone(), usize::from(WINDOW) + 1);
        let error = loop {
            match event_loop.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    connected_at = Some(Instant::now());
                    shared.connected(&mqtt);
                    if let Some(opened) = opened.take() {
                        // Without a listener the connection has been dropped already.
                        let _ = opened.send(Ok(()));
                    }
                }
                Ok(Event::Outgoing(Outgoing::Publish(packet))) => shared.has_left(packet),
                Ok(Event::Incoming(Packet::PubAck(ack))) => shared.acknowledged(&ack),
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        // The first connection is somebody's decision; only the later ones are found again.
        if let Some(opened) = opened.take() {
            let _ = opened.send(Err(error));
            return;
        }
        // Before the next connection: packet identifiers of the old one mean nothing on it.
        shared.lost();
        if let Some(since) = connected_at.take() {
            let was_long = since.elapsed() > SHORT;
            short = if was_long { 0 } else { short + 1 };
            pause = if was_long { PAUSE_FIRST } else { pause };
        }
        // Not every broker says that it has given our session to another client of the same
        // name. To connect again would throw that one out, and so on for ever.
        if is_taken_over(&error) || short >= SHORT_MAX {
            return shared.close();
        }
        // Clients of one broker lose it at the same moment; they should not all come back so.
        sleep(pause.mul_f64(rand::random_range(0.7..1.0))).await;
        pause = (pause * 2).min(PAUSE_LONGEST);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, message: Message) {
        // Sent and queued under one lock, or a reconnection in between would miss the message.
        let mut state = self.state();
        if let Some(mqtt) = &state.mqtt {
            send(mqtt, &message);
        }
        state.unacknowledged.push_back(message);
    }

    fn connected(&self, mqtt: &AsyncClient) {
        // All of it under one lock, or a new message would overtake those that wait.
        let mut state = self.state();
        for message in &state.unacknowledged {
            send(mqtt, message);
        }
        state.mqtt = Some(mqtt.clone());
    }

    /// Notes the identifier of a packet that left. Messages leave in the order in which they were
    /// published.
    fn has_left(&self, packet: u16) {
        let mut state = self.state();
        let mut waiting = state.unacknowledged.iter_mut();
        if let Some(first) = waiting.find(|message| message.packet.is_none()) {
            first.packet = Some(packet);
        }
    }

    fn acknowledged(&self, ack: &PubAck) {
        // The time is taken before the lock is waited for, or the wait would be measured too.
        let now = Instant::now();
        let mut state = self.state();
        let mut waiting = state.unacknowledged.iter();
        let at = waiting.position(|message| message.packet == Some(ack.pkid));
        let Some(message) = at.and_then(|at| state.unacknowledged.remove(at)) else {
            return;
        };
        let taken = match ack.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Ok(now),
            reason => Err(reason),
        };
        // Nobody has to wait for it.
        let _ = message.acknowledgement.send(taken);
    }

    /// Ends the wait of all that wait for an acknowledgement, and of all that come later.
    fn close(&self) {
        self.room.close();
        self.state().unacknowledged.clear();
    }

    fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        state.mqtt = None;
        for message in &mut state.unacknowledged {
            message.packet = None;
        }
    }
}

fn is_taken_over(error: &ConnectionError) -> bool {
    let ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) = error else {
        return false;
    };
    *reason_code == DisconnectReasonCode::SessionTakenOver
}

/// Hands the message to the client. Its queue has room for all that may be unacknowledged; what
/// does not leave because the connection has just ended is published again on the next.
fn send(mqtt: &AsyncClient, message: &Message) {
    let (topic, payload) = (message.topic.clone(), message.payload.clone());
    let _ = mqtt.try_publish(topic, QoS::AtLeastOnce, false, payload);
}
