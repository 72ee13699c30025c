//! A line to the broker: lost, found again, and nothing that was said on it is lost. What
//! has no acknowledgement is said again on the next connection, in its order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{DisconnectReasonCode, Packet, PubAck, PubAckReason};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, MqttOptions, StateError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Messages of one client that wait for an acknowledgement.
pub(super) const WINDOW: u16 = 64;
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
const GOODBYE_WAIT: Duration = Duration::from_secs(2);
/// A connection that ended so soon is a bad sign, and so many of them one after another are
/// a client of the same name.
const SHORT: Duration = Duration::from_secs(2);
const SHORT_MAX: u32 = 5;
pub(super) const CLOSED: &str = "the broker closes our connection again and again; does another \
    simulation use the same names?";

pub(crate) struct Line {
    shared: Arc<Shared>,
    wheel: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    room: Arc<Semaphore>,
    lost: AtomicU64,
}

#[derive(Default)]
struct State {
    /// While there is a connection.
    mqtt: Option<AsyncClient>,
    unacknowledged: VecDeque<Message>,
}

struct Message {
    topic: String,
    payload: Bytes,
    /// Its number on this connection, once it has left.
    packet: Option<u16>,
    told: oneshot::Sender<Acknowledged>,
    _room: OwnedSemaphorePermit,
}

/// When the broker did, or why it will not take the message.
pub(crate) type Acknowledged = Result<Instant, PubAckReason>;

impl Line {
    /// Returns when there is a connection.
    ///
    /// # Errors
    /// When there is none the first time.
    pub(super) async fn open(options: MqttOptions) -> Result<Self, ConnectionError> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            room: Arc::new(Semaphore::new(WINDOW.into())),
            lost: AtomicU64::new(0),
        });
        let (tell, told) = oneshot::channel();
        let wheel = tokio::spawn(turn(Arc::clone(&shared), options, tell));
        let line = Self { shared, wheel };
        // An end of the wheel without a word is one without a reason.
        told.await.unwrap_or(Err(ConnectionError::RequestsDone))?;
        Ok(line)
    }

    /// Says it, as soon as few enough others are unacknowledged. What is returned resolves
    /// with the acknowledgement.
    pub(crate) async fn say(
        &self,
        topic: String,
        payload: Bytes,
    ) -> anyhow::Result<oneshot::Receiver<Acknowledged>> {
        let room = Arc::clone(&self.shared.room).acquire_owned().await;
        let (told, acknowledged) = oneshot::channel();
        let message = Message {
            topic,
            payload,
            packet: None,
            told,
            _room: room.context(CLOSED)?,
        };
        self.shared.say(message);
        Ok(acknowledged)
    }

    /// How often the connection was lost.
    pub(crate) fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Says goodbye, so that the last will is not spoken.
    pub(super) async fn close(mut self) {
        let mqtt = self.shared.state().mqtt.clone();
        if mqtt.is_some_and(|mqtt| mqtt.try_disconnect().is_ok()) {
            drop(timeout(GOODBYE_WAIT, &mut self.wheel).await);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.wheel.abort();
    }
}

/// A client of each connection's own: what is left of a broken one does not matter.
async fn turn(
    shared: Arc<Shared>,
    options: MqttOptions,
    tell: oneshot::Sender<Result<(), ConnectionError>>,
) {
    let (mut tell, mut pause) = (Some(tell), PAUSE_FIRST);
    let (mut connected_at, mut short) = (None::<Instant>, 0);
    loop {
        let (mqtt, mut wheel) = AsyncClient::new(options.clone(), usize::from(WINDOW) + 1);
        let error = loop {
            match wheel.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    connected_at = Some(Instant::now());
                    shared.connected(&mqtt);
                    if let Some(tell) = tell.take() {
                        // Whoever does not listen any more has dropped the line.
                        let _ = tell.send(Ok(()));
                    }
                }
                Ok(Event::Outgoing(Outgoing::Publish(packet))) => shared.has_left(packet),
                Ok(Event::Incoming(Packet::PubAck(ack))) => shared.acknowledged(&ack),
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        if let Some(tell) = tell.take() {
            let _ = tell.send(Err(error));
            return;
        }
        shared.lost();
        if let Some(since) = connected_at.take() {
            let was_long = since.elapsed() > SHORT;
            short = if was_long { 0 } else { short + 1 };
            pause = if was_long { PAUSE_FIRST } else { pause };
        }
        // Not every broker says that it has given our place away. To call again would throw
        // the other one out, and so on for ever.
        if is_taken_over(&error) || short >= SHORT_MAX {
            return shared.close();
        }
        sleep(pause.mul_f64(rand::random_range(0.7..1.0))).await;
        pause = (pause * 2).min(PAUSE_LONGEST);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, message: Message) {
        let mut state = self.state();
        if let Some(mqtt) = &state.mqtt {
            publish(mqtt, &message);
        }
        state.unacknowledged.push_back(message);
    }

    fn connected(&self, mqtt: &AsyncClient) {
        let mut state = self.state();
        for message in &state.unacknowledged {
            publish(mqtt, message);
        }
        state.mqtt = Some(mqtt.clone());
    }

    /// They leave in the order in which they were said.
    fn has_left(&self, packet: u16) {
        let mut state = self.state();
        let mut waiting = state.unacknowledged.iter_mut();
        if let Some(first) = waiting.find(|message| message.packet.is_none()) {
            first.packet = Some(packet);
        }
    }

    fn acknowledged(&self, ack: &PubAck) {
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
        let _ = message.told.send(taken);
    }

    /// Whoever waits for an acknowledgement, or comes later, is told.
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

/// There is room in the queue for all that may be unacknowledged. What does not leave
/// because the connection has just ended is said again on the next.
fn publish(mqtt: &AsyncClient, message: &Message) {
    let (topic, payload) = (message.topic.clone(), message.payload.clone());
    drop(mqtt.try_publish(topic, QoS::AtLeastOnce, false, payload));
}

/// What to tell people when there is no connection.
pub(super) fn explained(
    error: &ConnectionError,
    address: &super::broker::Address,
) -> anyhow::Error {
    match error {
        ConnectionError::ConnectionRefused(code) => anyhow!(
            "the MQTT broker at {address} refuses us ({code:?}); \
             --mqtt-user and --mqtt-password say who we are"
        ),
        error => anyhow!(
            "no MQTT broker answers at {address} ({error}); \
             is one running, and does the pizzeria listen to it? --mqtt names another"
        ),
    }
}
