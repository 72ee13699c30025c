//! From a connection's first packet to a session, or to a refusal.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::admission::{Admitted, admit};
use crate::attachment::{AttachRequest, Attached, Signals};
use crate::authentication::Authentication;
use crate::connection::{CloseReason, Connection, Exchange, HELD_FOR_OTHERS};
use crate::decode::Frame;
use crate::encode::{encode, encoded_len};
use crate::half_open::HalfOpen;
use crate::hub::{Attachment, Hub};
use crate::input::Input;
use crate::metrics;
use crate::packet::{Connect, Granted, Outgoing, Version, reason, refused};
use crate::rights::Rights;
use crate::stream::GOODBYE_WAIT;

/// A pause before the answer to a wrong password, so that a connection cannot try many a
/// second. Connections are bounded, so guesses are too.
const AFTER_WRONG_PASSWORD: Duration = Duration::from_millis(500);
/// A CONNECT with the largest will, a token of some kilobytes and user properties fits. More
/// is not held for somebody of whom nothing is known.
const CONNECT_BYTES_MAX: usize = 64 << 10;
/// How long a client's older connection may take to handle what it has received. It takes
/// milliseconds; a machine on which it takes this long answers nobody.
const TAKEOVER_WITHIN: Duration = Duration::from_secs(5);

/// A client that was let in, as the future that serves it until it is gone.
pub(crate) type Client = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What all connections of one listener have in common.
pub(crate) struct Handshake {
    pub(crate) hub: Arc<Hub>,
    pub(crate) authentication: Authentication,
    pub(crate) rights: Arc<Rights>,
    pub(crate) half_open: Arc<HalfOpen>,
    /// One for each client that was let in.
    pub(crate) permits: Arc<Semaphore>,
}

impl Handshake {
    /// The client with its session; `None` if it was refused.
    pub(crate) async fn let_in<S>(&self, mut stream: S, number: u64) -> Option<Client>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (mut input, signals) = (Input::new(), Arc::default());
        let mut connect = match self.connect(&mut stream, &mut input, &signals).await {
            Ok(connect) => connect,
            Err((version, reason)) => {
                reason.log();
                if let (Some(version), Some(code)) = (version, reason.code()) {
                    refuse(&mut stream, version, code).await;
                }
                return None;
            }
        };
        let (version, limits) = (connect.version, &self.hub.limits);
        let (authentication, rights) = (&self.authentication, &self.rights);
        let admitted = admit(&mut connect, authentication, rights, limits, signals);
        let Admitted {
            request,
            granted,
            access,
        } = match admitted {
            Ok(admitted) => admitted,
            Err(code) => {
                metrics::refused("a client was not let in");
                if code == reason::CREDENTIALS {
                    sleep(AFTER_WRONG_PASSWORD).await;
                }
                refuse(&mut stream, version, code).await;
                return None;
            }
        };
        let acceptance = connack(reason::OK, granted.clone());
        // To such a client nothing could be said at all, not even this (MQTT 5, 3.1.2.11.4).
        if encoded_len(&acceptance, version) > request.packet_bytes_max {
            metrics::refused("a client takes no packet of any size");
            return None;
        }
        tracing::debug!(client_id = %request.client_id, ?version, "a client comes in");
        if !self.half_open.remove(number) {
            // Before there is a session, which would be left attached to nobody.
            return None;
        }
        // Held until the connection is over.
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok();
        let attached = match permit {
            Some(_) => self.attach(request).await,
            None => Err(reason::QUOTA),
        };
        let attached = match attached {
            Ok(attached) => attached,
            Err(code) => {
                metrics::refused("there are too many clients");
                refuse(&mut stream, version, code).await;
                return None;
            }
        };
        let keep_alive_s = match granted.keep_alive_s {
            0 => connect.keep_alive_s,
            ours => ours,
        };
        let mut exchange = Exchange::new(Arc::clone(&self.hub), attached, access, version);
        exchange.accept(granted);
        let connection = Connection {
            stream,
            input,
            exchange,
            // One and a half times the keep-alive: MQTT 5, 3.1.2.10.
            silence_ms_max: u32::from(keep_alive_s) * 1_500,
            permit: permit?,
        };
        Some(Box::pin(Box::new(connection).run()))
    }

    /// # Errors
    /// Why there is no connection, and in which version's words to say so, if in any.
    async fn connect<S: AsyncRead + Unpin>(
        &self,
        stream: &mut S,
        input: &mut Input,
        signals: &Arc<Signals>,
    ) -> Result<Connect, (Option<Version>, CloseReason)> {
        let wait = Duration::from_millis(self.hub.limits.connect_ms_max);
        let first = timeout(wait, self.first_frame(stream, input, signals)).await;
        let why = "no CONNECT came in time";
        let first = first.unwrap_or_else(|_| Err(refused(reason::KEEP_ALIVE, why).into()));
        // Who does not even send a CONNECT gets no answer.
        let frame = first.map_err(|reason| (None, reason))?;
        frame.connect().map_err(|refused| {
            let version = match (frame.version(), refused.reason) {
                // A client of any other version understands at least this answer (MQTT 5,
                // 3.1.2.2).
                (None, reason::UNSUPPORTED_VERSION) => Some(Version::V4),
                // Version 3.1.1 forbids an answer to a CONNECT that is not one (MQTT-3.1.4-1).
                (version, _) => version.filter(|version| *version == Version::V5),
            };
            (version, refused.into())
        })
    }

    async fn first_frame<S: AsyncRead + Unpin>(
        &self,
        stream: &mut S,
        input: &mut Input,
        signals: &Arc<Signals>,
    ) -> Result<Frame, CloseReason> {
        let bytes_max = self.hub.limits.packet_bytes_max.min(CONNECT_BYTES_MAX);
        loop {
            if let Some(frame) = input.cut(bytes_max, &self.hub.input, signals)? {
                return Ok(frame);
            }
            let mut woken = pin!(signals.wake.notified());
            let next = poll_fn(|cx| match input.poll_read(stream, cx) {
                Poll::Pending => woken.as_mut().poll(cx).map(Ok),
                read => read,
            });
            next.await?;
            if signals.must_give_way() {
                return Err(HELD_FOR_OTHERS.into());
            }
        }
    }

    /// Where an older connection has the client's session, it is waited for: the DISCONNECT
    /// with which it ended may be among what it has received and not handled yet, and else
    /// its will is told before the new connection is answered.
    async fn attach(&self, mut request: AttachRequest) -> Result<Attached, u8> {
        let until = Instant::now() + TAKEOVER_WITHIN;
        loop {
            let is_late = Instant::now() >= until;
            match self.hub.attach(&mut request, is_late)? {
                Attachment::Done(attached) => return Ok(attached),
                // However the waiting ends, it is tried again.
                Attachment::Occupied(left) => {
                    let _ = timeout_at(until, left).await;
                }
            }
        }
    }
}

fn connack(code: u8, granted: Granted) -> Outgoing {
    Outgoing::ConnAck {
        session_present: false,
        code,
        granted,
    }
}

async fn refuse<S: AsyncWrite + Unpin>(stream: &mut S, version: Version, code: u8) {
    let mut out = BytesMut::new();
    encode(&connack(code, Granted::default()), version, &mut out);
    let written = async {
        stream.write_all(&out).await?;
        stream.shutdown().await
    };
    // A client that does not wait for the answer has no claim to it.
    let _ = timeout(GOODBYE_WAIT, written).await;
}
