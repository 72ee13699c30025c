//! How a client comes in.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf,
};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use super::{Connection, End};
use crate::broker::admission::{Users, admit};
use crate::broker::decode::{self, Frame};
use crate::broker::encode::encode;
use crate::broker::hall::Hall;
use crate::broker::hub::Hub;
use crate::broker::metrics;
use crate::broker::packet::{Granted, Outgoing, Refused, Version, reason, refused};
use crate::broker::rate::Rate;
use crate::broker::session::Side;

const READ_BYTES: usize = 4 << 10;
/// Whoever guesses passwords shall take his time.
const AFTER_WRONG_PASSWORD: Duration = Duration::from_millis(500);

/// What all clients of one side have in common.
pub(in crate::broker) struct Entry {
    pub(in crate::broker) hub: Arc<Hub>,
    pub(in crate::broker) side: Side,
    pub(in crate::broker) users: Users,
    pub(in crate::broker) hall: Arc<Hall>,
    pub(in crate::broker) places: Arc<Semaphore>,
}

impl Entry {
    /// Until the client is gone.
    pub(in crate::broker) async fn serve<S>(
        &self,
        stream: S,
        number: u64,
        closing: watch::Receiver<bool>,
    ) where
        S: AsyncRead + AsyncWrite + Send,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let wait = Duration::from_millis(self.hub.limits.connect_ms_max);
        let mut input = BytesMut::new();
        let first = timeout(wait, first_frame(&mut reader, &mut input, &self.hub)).await;
        let connect = match first {
            Ok(Ok(frame)) => frame.connect().map_err(End::from),
            Ok(Err(end)) => Err(end),
            Err(_) => Err(refused(reason::KEEP_ALIVE, "no CONNECT came in time").into()),
        };
        let mut connect = match connect {
            Ok(connect) => connect,
            Err(end) => {
                end.note();
                // Whoever speaks an unknown version understands at least this.
                let code = reason::UNSUPPORTED_VERSION;
                if matches!(end, End::Refused(Refused { reason, .. }) if reason == code) {
                    turn_away(&mut writer, Version::V4, code).await;
                }
                return;
            }
        };
        let (version, limits) = (connect.version, &self.hub.limits);
        let admitted = admit(&mut connect, &self.users, self.side, limits, number);
        let (guest, granted) = match admitted {
            Ok(admitted) => admitted,
            Err(code) => {
                metrics::refused("a client was not let in");
                if code == reason::CREDENTIALS {
                    sleep(AFTER_WRONG_PASSWORD).await;
                }
                return turn_away(&mut writer, version, code).await;
            }
        };
        tracing::debug!(client_id = guest.client_id, ?version, "a client comes in");
        self.hall.leave(number);
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        let attached = place.as_ref().and_then(|_| self.hub.attach(guest));
        let Some(attached) = attached else {
            metrics::refused("there are too many clients");
            return turn_away(&mut writer, version, reason::QUOTA).await;
        };
        let keep_alive_s = match granted.keep_alive_s {
            0 => connect.keep_alive_s,
            ours => ours,
        };
        let connection = Connection {
            reader,
            writer,
            version,
            hub: Arc::clone(&self.hub),
            attached,
            input,
            output: BytesMut::new(),
            write_by: None,
            rate: Rate::new(limits),
            read_after: None,
            heard: Instant::now(),
            silence_max: Duration::from_secs(keep_alive_s.into()).mul_f32(1.5),
            owed: VecDeque::new(),
            held: None,
        };
        metrics::connections(1.0);
        connection.live(granted, closing).await;
        metrics::connections(-1.0);
    }
}

async fn first_frame<S: AsyncRead>(
    reader: &mut ReadHalf<S>,
    input: &mut BytesMut,
    hub: &Hub,
) -> Result<Frame, End> {
    loop {
        if let Some(frame) = cut(input, hub.limits.packet_bytes_max)? {
            return Ok(frame);
        }
        read(reader, input).await?;
    }
}

pub(super) async fn read<S: AsyncRead>(
    reader: &mut ReadHalf<S>,
    input: &mut BytesMut,
) -> io::Result<()> {
    input.reserve(READ_BYTES);
    match reader.read_buf(input).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

pub(super) fn cut(input: &mut BytesMut, max: usize) -> Result<Option<Frame>, Refused> {
    match decode::frame(input, max)? {
        Some((length, head)) if input.len() >= length => {
            let bytes = input.split_to(length).freeze();
            Ok(Some(Frame::new(bytes, head)))
        }
        _ => Ok(None),
    }
}

async fn turn_away<S: AsyncWrite>(writer: &mut WriteHalf<S>, version: Version, code: u8) {
    let mut out = BytesMut::new();
    let packet = Outgoing::ConnAck {
        present: false,
        code,
        granted: Granted::default(),
    };
    encode(&packet, version, &mut out);
    let said = async {
        writer.write_all(&out).await?;
        writer.shutdown().await
    };
    drop(timeout(super::GOODBYE_WAIT, said).await);
}
