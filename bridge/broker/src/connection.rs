//! One client's connection: reads, lets [`Exchange`] do what the packets ask for, and writes
//! what it answers. Here is the I/O and every deadline; what a packet means is there.

mod aliases;
mod close_reason;
mod exchange;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

pub(crate) use self::close_reason::CloseReason;
pub(crate) use self::exchange::Exchange;
use crate::decode::Frame;
use crate::packet::{reason, refused};
use crate::stream::{self, GOODBYE_WAIT, at};

/// Packets that are handled before anything is sent, so that a client that floods the
/// broker is still sent what there is for it.
const PACKETS_AT_ONCE: usize = 64;
/// An output buffer that has grown larger is given back once it is written.
const OUTPUT_BYTES_KEPT: usize = 16 << 10;

pub(crate) struct Connection<S> {
    pub(crate) reader: ReadHalf<S>,
    pub(crate) writer: WriteHalf<S>,
    /// What was read and is not a whole packet yet, or not looked at.
    pub(crate) input: BytesMut,
    pub(crate) exchange: Exchange,
    /// How long the client may be silent.
    pub(crate) silence_max: Duration,
}

impl<S: AsyncRead + AsyncWrite + Send> Connection<S> {
    /// Returns when the client is gone, and its session detached.
    pub(crate) async fn run(mut self, closing: watch::Receiver<bool>) {
        let reason = match self.exchange_packets(closing).await {
            Err(reason) => reason,
            Ok(never) => match never {},
        };
        reason.log();
        self.close(&reason).await;
    }

    async fn exchange_packets(
        &mut self,
        mut closing: watch::Receiver<bool>,
    ) -> Result<Infallible, CloseReason> {
        let hub = Arc::clone(self.exchange.hub());
        let wake = Arc::clone(&self.exchange.attached().wake);
        let taken_over = Arc::clone(&self.exchange.attached().taken_over);
        let mut last_received = Instant::now();
        loop {
            let room = hub.room.notified();
            tokio::pin!(room);
            if self.exchange.is_blocked() {
                // Enabled before the retry: what makes room between the two is not missed.
                room.as_mut().enable();
                self.exchange.retry_publish()?;
            }
            let was_blocked = self.exchange.is_blocked();
            // Acknowledgements that are due make room for packets that were read already.
            self.exchange.send_due_acks();
            let has_more = self.handle_packets(&mut last_received)?;
            if !was_blocked && self.exchange.is_blocked() {
                // Once more from the top, where the wake-up is enabled.
                continue;
            }
            self.exchange.send_due_acks();
            self.exchange.fill_output()?;
            let reads = !has_more && self.exchange.may_read();
            if !self.exchange.may_read() {
                // A client that is not read from cannot be found silent.
                last_received = Instant::now();
            }
            let silent_until = last_received + self.silence_max;
            let blocked_until = self.exchange.blocked_until();
            let write_by = self.exchange.write_by;
            // The internal client is never given up for being slow.
            let may_be_slow = self.exchange.attached().origin.is_internal();
            let output = &mut self.exchange.output;
            tokio::select! {
                wrote = stream::write(&mut self.writer, output), if write_by.is_some() => {
                    wrote?;
                    self.exchange.write_by = None;
                    if self.exchange.output.capacity() > OUTPUT_BYTES_KEPT {
                        // Thousands of clients that were sent much once would hold it all.
                        self.exchange.output = BytesMut::new();
                    }
                }
                read = stream::read(&mut self.reader, &mut self.input), if reads => read?,
                // Other connections are on the same thread.
                () = tokio::task::yield_now(), if has_more => {}
                () = wake.notified() => {}
                () = room, if blocked_until.is_some() => {}
                () = at(self.exchange.read_after) => self.exchange.read_after = None,
                () = taken_over.notified() => return Err(CloseReason::TakenOver),
                _ = closing.wait_for(|closing| *closing) => return Err(CloseReason::Closing),
                () = at(write_by), if !may_be_slow => {
                    return Err(refused(reason::BUSY, "a client does not read").into());
                }
                () = at(blocked_until) => {
                    let why = "the pizzeria is too far behind";
                    return Err(refused(reason::BUSY, why).into());
                }
                () = sleep_until(silent_until), if reads => {
                    return Err(refused(reason::KEEP_ALIVE, "a client fell silent").into());
                }
            }
        }
    }

    /// Whether there is more that may be handled now.
    fn handle_packets(&mut self, last_received: &mut Instant) -> Result<bool, CloseReason> {
        for _ in 0..PACKETS_AT_ONCE {
            // Asked before each: any packet may be the one that blocks.
            if !self.exchange.may_read() {
                return Ok(false);
            }
            let bytes_max = self.exchange.hub().limits.packet_bytes_max;
            let Some(frame) = Frame::cut(&mut self.input, bytes_max)? else {
                return Ok(false);
            };
            *last_received = Instant::now();
            self.exchange.handle(&frame)?;
        }
        Ok(true)
    }

    async fn close(mut self, reason: &CloseReason) {
        let expiry_s_max = self.exchange.hub().limits.session_s_max;
        let expiry_max = Duration::from_secs(expiry_s_max.into());
        let expiry = reason.expiry().map(|expiry| expiry.min(expiry_max));
        self.exchange.detach(reason.with_will(), expiry);
        if let Some(code) = reason.code() {
            self.exchange.say_goodbye(code);
            let last = stream::write(&mut self.writer, &mut self.exchange.output);
            // The client may not be reading; the broker has done what it could.
            let _ = timeout(GOODBYE_WAIT, last).await;
        }
        let _ = timeout(GOODBYE_WAIT, self.writer.shutdown()).await;
    }
}
