//! One client, from its first packet to its last will.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use self::entry::{cut, read};
use super::encode::encode;
use super::hub::{Attached, Hub};
use super::metrics;
use super::outbox::Batch;
use super::packet::{Granted, Outgoing, Refused, Version, reason, refused};
use super::rate::Rate;
use super::session::Side;

mod entry;
mod handle;

pub(super) use self::entry::Entry;
use self::handle::{Held, Owed};

/// Packets that are looked at before anything is sent, and sent before anything is read.
const AT_ONCE: usize = 64;
const BATCH: Batch = Batch {
    count_max: AT_ONCE,
    bytes_max: 256 << 10,
};
/// What an answer to a message counts, where another packet is one.
const ANSWER_COST: f64 = 0.1;
/// Above it nothing is added to what is written.
const OUTPUT_BYTES: usize = 16 << 10;
/// Above it nothing is read that would have to be answered.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// For the last word to a client that is turned out.
const GOODBYE_WAIT: Duration = Duration::from_millis(500);

struct Connection<S> {
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    version: Version,
    hub: Arc<Hub>,
    attached: Attached,
    input: BytesMut,
    output: BytesMut,
    /// When what is being written has to be taken.
    write_by: Option<Instant>,
    rate: Rate,
    /// Nothing is read before.
    read_after: Option<Instant>,
    heard: Instant,
    silence_max: Duration,
    /// Acknowledgements in the order of their messages.
    owed: VecDeque<Owed>,
    /// A message that the house has no room for.
    held: Option<Held>,
}

/// Why a connection is over.
#[derive(Debug)]
enum End {
    /// The client says so; with its will, or without.
    Said {
        with_will: bool,
        expiry: Option<Duration>,
    },
    Refused(Refused),
    Broken(io::Error),
    TakenOver,
    Closing,
}

impl From<Refused> for End {
    fn from(why: Refused) -> Self {
        Self::Refused(why)
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl End {
    fn note(&self) {
        match self {
            Self::Refused(refused) => {
                metrics::refused(refused.why);
                tracing::debug!(why = refused.why, "a client is refused");
            }
            Self::Broken(error) => tracing::debug!(%error, "a client is gone"),
            other => tracing::debug!(end = ?other, "a client is gone"),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Send> Connection<S> {
    async fn live(mut self, granted: Granted, closing: watch::Receiver<bool>) {
        let present = self.attached.present;
        let code = reason::OK;
        self.say(&Outgoing::ConnAck {
            present,
            code,
            granted,
        });
        let end = match self.run(closing).await {
            Err(end) => end,
            Ok(never) => match never {},
        };
        end.note();
        self.leave(end).await;
    }

    async fn run(&mut self, mut closing: watch::Receiver<bool>) -> Result<Infallible, End> {
        let hub = Arc::clone(&self.hub);
        let wake = Arc::clone(&self.attached.wake);
        let taken_over = Arc::clone(&self.attached.taken_over);
        loop {
            let room = hub.room.notified();
            tokio::pin!(room);
            if self.held.is_some() {
                // From here on no news is missed.
                room.as_mut().enable();
                self.offer_again()?;
            }
            let had_room = self.held.is_none();
            let more = self.take_in()?;
            if had_room && self.held.is_some() {
                continue;
            }
            self.settle_owed();
            self.fill()?;
            let reads = !more && self.reads();
            if !self.reads() {
                // Whoever is not listened to is not silent.
                self.heard = Instant::now();
            }
            let silent_until = self.heard + self.silence_max;
            let held_until = self.held.as_ref().map(|held| held.until);
            let writes = self.write_by.is_some();
            tokio::select! {
                wrote = write(&mut self.writer, &mut self.output), if writes => {
                    wrote?;
                    self.write_by = None;
                    if self.output.capacity() > OUTPUT_BYTES {
                        // Whoever was sent much once need not be sent much again.
                        self.output = BytesMut::new();
                    }
                }
                read = read(&mut self.reader, &mut self.input), if reads => read?,
                // Others may want the processor too.
                () = tokio::task::yield_now(), if more => {}
                () = wake.notified() => {}
                () = room, if self.held.is_some() => {}
                () = at(self.read_after) => self.read_after = None,
                () = taken_over.notified() => return Err(End::TakenOver),
                _ = closing.wait_for(|closing| *closing) => return Err(End::Closing),
                () = at(self.write_by), if self.attached.side == Side::Street => {
                    return Err(refused(reason::BUSY, "a client does not read").into());
                }
                () = at(held_until) => {
                    let why = "the pizzeria is too far behind";
                    return Err(refused(reason::BUSY, why).into());
                }
                () = sleep_until(silent_until), if reads => {
                    return Err(refused(reason::KEEP_ALIVE, "a client fell silent").into());
                }
            }
        }
    }

    /// Whether anything more may be taken in now.
    fn reads(&self) -> bool {
        self.read_after.is_none()
            && self.held.is_none()
            && self.owed.len() < usize::from(self.hub.limits.in_flight_max)
            && self.output.len() < OUTPUT_BYTES_MAX
    }

    /// Whether there is more that may be looked at now.
    fn take_in(&mut self) -> Result<bool, End> {
        for _ in 0..AT_ONCE {
            if !self.reads() {
                return Ok(false);
            }
            let Some(frame) = cut(&mut self.input, self.hub.limits.packet_bytes_max)? else {
                return Ok(false);
            };
            self.heard = Instant::now();
            let cost = if frame.answers() { ANSWER_COST } else { 1.0 };
            self.charge(cost, frame.bytes());
            self.handle(&frame)?;
        }
        Ok(true)
    }

    /// Whoever is too fast is listened to later.
    fn charge(&mut self, messages: f64, bytes: usize) {
        if self.attached.side == Side::Street
            && let Some(wait) = self.rate.take(messages, bytes)
        {
            metrics::waited("rate");
            self.read_after = Some(Instant::now() + wait);
        }
    }

    fn say(&mut self, packet: &Outgoing) {
        encode(packet, self.version, &mut self.output);
        let wait = Duration::from_millis(self.hub.limits.write_ms_max);
        self.write_by.get_or_insert_with(|| Instant::now() + wait);
    }

    fn fill(&mut self) -> Result<(), End> {
        if self.output.len() >= OUTPUT_BYTES {
            return Ok(());
        }
        let due = self.hub.next(&self.attached, BATCH);
        for packet in &due.ok_or(End::TakenOver)? {
            self.say(packet);
        }
        Ok(())
    }

    async fn leave(mut self, end: End) {
        let (code, with_will, expiry) = match end {
            End::Said { with_will, expiry } => (None, with_will, expiry),
            End::Refused(why) => (Some(why.reason), true, None),
            End::Broken(_) => (None, true, None),
            End::TakenOver => (Some(reason::TAKEN_OVER), true, None),
            // Whoever was cut off by the broker is not to blame.
            End::Closing => (Some(reason::SHUTTING_DOWN), false, None),
        };
        let expiry_max = Duration::from_secs(self.hub.limits.session_s_max.into());
        let expiry = expiry.map(|expiry| expiry.min(expiry_max));
        self.hub.detach(&self.attached, with_will, expiry);
        if let Some(code) = code {
            self.settle_owed();
            self.say(&Outgoing::Disconnect(code));
            let last = write(&mut self.writer, &mut self.output);
            drop(timeout(GOODBYE_WAIT, last).await);
        }
        drop(timeout(GOODBYE_WAIT, self.writer.shutdown()).await);
    }
}

async fn write<W: AsyncWrite>(writer: &mut WriteHalf<W>, output: &mut BytesMut) -> io::Result<()> {
    // Whatever was written is gone from the output if this is interrupted.
    writer.write_all_buf(output).await?;
    writer.flush().await
}

/// Never, if there is no such time.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
