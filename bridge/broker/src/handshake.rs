//! From a connection's first packet to a session, or to a refusal.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::admission::{Users, admit};
use crate::connection::{CloseReason, Connection, Exchange};
use crate::decode::Frame;
use crate::encode::{encode, encoded_len};
use crate::half_open::HalfOpen;
use crate::hub::Hub;
use crate::identity::Origin;
use crate::metrics;
use crate::packet::{Connect, Granted, Outgoing, Version, reason, refused};
use crate::stream::{self, GOODBYE_WAIT};

/// A pause before the answer to a wrong password, so that a connection cannot try many a
/// second. Connections are bounded, so guesses are too.
const AFTER_WRONG_PASSWORD: Duration = Duration::from_millis(500);

/// What all connections of one listener have in common.
pub(crate) struct Handshake {
    pub(crate) hub: Arc<Hub>,
    pub(crate) origin: Origin,
    pub(crate) users: Users,
    pub(crate) half_open: Arc<HalfOpen>,
    /// One for each client that was let in.
    pub(crate) permits: Arc<Semaphore>,
}

impl Handshake {
    /// Returns when the client is gone.
    pub(crate) async fn serve<S>(&self, stream: S, number: u64, closing: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Send,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut input = BytesMut::new();
        let mut connect = match self.connect(&mut reader, &mut input).await {
            Ok(connect) => connect,
            Err((version, reason)) => {
                reason.log();
                if let (Some(version), Some(code)) = (version, reason.code()) {
                    refuse(&mut writer, version, code).await;
                }
                return;
            }
        };
        let (version, limits) = (connect.version, &self.hub.limits);
        let admitted = admit(&mut connect, &self.users, self.origin, limits, number);
        let (request, granted) = match admitted {
            Ok(admitted) => admitted,
            Err(code) => {
                metrics::refused("a client was not let in");
                if code == reason::CREDENTIALS {
                    sleep(AFTER_WRONG_PASSWORD).await;
                }
                return refuse(&mut writer, version, code).await;
            }
        };
        let acceptance = connack(reason::OK, granted.clone());
        // To such a client nothing could be said at all, not even this (MQTT 5, 3.1.2.11.4).
        if encoded_len(&acceptance, version) > request.packet_bytes_max {
            return metrics::refused("a client takes no packet of any size");
        }
        tracing::debug!(client_id = request.client_id, ?version, "a client comes in");
        self.half_open.remove(number);
        // Held until the connection is over.
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok();
        let attached = permit.as_ref().and_then(|_| self.hub.attach(request));
        let Some(attached) = attached else {
            metrics::refused("there are too many clients");
            return refuse(&mut writer, version, reason::QUOTA).await;
        };
        let keep_alive_s = match granted.keep_alive_s {
            0 => connect.keep_alive_s,
            ours => ours,
        };
        let ends = connect.expiry_s.unwrap_or(0) == 0;
        let mut exchange = Exchange::new(Arc::clone(&self.hub), attached, version, ends);
        exchange.accept(granted);
        let connection = Connection {
            reader,
            writer,
            input,
            exchange,
            // One and a half times the keep-alive: MQTT 5, 3.1.2.10.
            silence_max: Duration::from_secs(keep_alive_s.into()).mul_f32(1.5),
        };
        metrics::connections(1.0);
        connection.run(closing).await;
        metrics::connections(-1.0);
    }

    /// # Errors
    /// Why there is no connection, and in which version's words to say so, if in any.
    async fn connect<S: AsyncRead>(
        &self,
        reader: &mut ReadHalf<S>,
        input: &mut BytesMut,
    ) -> Result<Connect, (Option<Version>, CloseReason)> {
        let limits = &self.hub.limits;
        let wait = Duration::from_millis(limits.connect_ms_max);
        let first = timeout(wait, first_frame(reader, input, limits.packet_bytes_max)).await;
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
}

async fn first_frame<S: AsyncRead>(
    reader: &mut ReadHalf<S>,
    input: &mut BytesMut,
    bytes_max: usize,
) -> Result<Frame, CloseReason> {
    loop {
        if let Some(frame) = Frame::cut(input, bytes_max)? {
            return Ok(frame);
        }
        stream::read(reader, input).await?;
    }
}

fn connack(code: u8, granted: Granted) -> Outgoing {
    Outgoing::ConnAck {
        session_present: false,
        code,
        granted,
    }
}

async fn refuse<S: AsyncWrite>(writer: &mut WriteHalf<S>, version: Version, code: u8) {
    let mut out = BytesMut::new();
    encode(&connack(code, Granted::default()), version, &mut out);
    let written = async {
        writer.write_all(&out).await?;
        writer.shutdown().await
    };
    // A client that does not wait for the answer has no claim to it.
    let _ = timeout(GOODBYE_WAIT, written).await;
}
