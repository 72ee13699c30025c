//! One client's connection: reads, lets [`Exchange`] do what the packets ask for, and writes
//! what it answers. Here is the I/O and every deadline; what a packet means is there.

mod aliases;
mod close_reason;
mod exchange;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{unconstrained, yield_now};
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};

pub(crate) use self::close_reason::CloseReason;
pub(crate) use self::exchange::Exchange;
use crate::input::Input;
use crate::metrics;
use crate::packet::{Refused, reason, refused};
use crate::stream::{self, GOODBYE_WAIT};

/// Packets that are handled before anything is sent and others have their turn: a client that
/// floods the broker is still sent what there is for it, and others do not wait for long.
const PACKETS_AT_ONCE: usize = 8;
/// How far a connection that is over is searched for a DISCONNECT: as much as a system's
/// socket has received by default, many times over.
const REST_BYTES_MAX: usize = 8 << 20;
/// How long a client's last packet is waited for when its next connection is there already. A
/// DISCONNECT behind another small packet is held back by the client's system (Nagle) until
/// the first one is acknowledged, which ours may put off for 40 ms.
const LAST_PACKET_WAIT: Duration = Duration::from_millis(50);
/// How long a timer is set that nobody waits for.
const NEVER: Duration = Duration::from_secs(24 * 3_600);

/// Why a client is closed that has held a part of a large packet while others needed the room.
pub(crate) const HELD_FOR_OTHERS: Refused =
    refused(reason::QUOTA, "a large packet was not sent to its end");

pub(crate) struct Connection<S> {
    pub(crate) stream: S,
    /// What was read and is not a whole packet yet, or not looked at.
    pub(crate) input: Input,
    pub(crate) exchange: Exchange,
    /// How long the client may be silent, in milliseconds.
    pub(crate) silence_ms_max: u32,
    #[expect(dead_code, reason = "held for as long as the client is one of so many")]
    pub(crate) permit: OwnedSemaphorePermit,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection<S> {
    /// Returns when the client is gone, and its session detached.
    pub(crate) async fn run(mut self: Box<Self>) {
        metrics::connections(1.0);
        let Err(reason) = self.exchange_packets().await;
        // In a box: what is done once must not make those larger who wait.
        Box::pin(self.end(reason)).await;
        metrics::connections(-1.0);
    }

    async fn exchange_packets(&mut self) -> Result<Infallible, CloseReason> {
        let hub = Arc::clone(self.exchange.hub());
        let signals = Arc::clone(&self.exchange.attached().signals);
        let mut last_received = Instant::now();
        let mut timer = pin!(sleep_until(last_received + self.silence_max()));
        loop {
            if signals.is_taken_over() {
                return Err(CloseReason::TakenOver);
            }
            if hub.is_closing() {
                return Err(CloseReason::Closing);
            }
            if signals.must_give_way() {
                return Err(HELD_FOR_OTHERS.into());
            }
            if self.exchange.is_blocked() {
                hub.room.wait(&signals);
                self.exchange.retry_publish()?;
            }
            let was_blocked = self.exchange.is_blocked();
            // Acknowledgements that are due make room for packets that were read already.
            self.exchange.send_due_acks();
            let has_more = self.handle_packets(&mut last_received)?;
            if !was_blocked && self.exchange.is_blocked() {
                // Once more from the top, where it is waited for room.
                continue;
            }
            self.exchange.send_due_acks();
            self.exchange.fill_output()?;
            let reads = !has_more && self.exchange.may_read();
            if !self.exchange.may_read() {
                // A client that is not read from cannot be found silent.
                last_received = Instant::now();
            }
            let silent_until = reads.then(|| last_received + self.silence_max());
            self.check_deadlines(silent_until)?;
            self.set(timer.as_mut(), silent_until);
            let (mut woken, mut has_waited) = (pin!(signals.wake.notified()), false);
            poll_fn(|cx| {
                let progress = self.poll_io(reads, cx)?;
                let is_woken = woken.as_mut().poll(cx).is_ready();
                let is_due = timer.as_mut().poll(cx).is_ready();
                if has_more || is_woken || is_due || progress.is_ready() {
                    return Poll::Ready(Ok::<_, CloseReason>(()));
                }
                has_waited = true;
                Poll::Pending
            })
            .await?;
            // Other connections are on the same thread, and a client for which there is always
            // something to do would keep them waiting. What it has waited for is its turn.
            if !has_waited {
                yield_now().await;
            }
        }
    }

    /// Writes what there is to write, and reads if it may.
    fn poll_io(&mut self, reads: bool, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut progress = Poll::Pending;
        if self.exchange.write_by.is_some() {
            let output = &mut self.exchange.output;
            progress = stream::poll_write(&mut self.stream, output, cx)?;
            if progress.is_ready() {
                self.exchange.is_written();
            }
        }
        // Also when something was written: who is sent much without a pause is still heard.
        if reads && self.input.poll_read(&mut self.stream, cx)?.is_ready() {
            progress = Poll::Ready(());
        }
        progress.map(Ok)
    }

    /// # Errors
    /// When the client has been too slow, or waited for too long.
    fn check_deadlines(&mut self, silent_until: Option<Instant>) -> Result<(), CloseReason> {
        let now = Instant::now();
        let is_over = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_over(self.exchange.read_after) {
            self.exchange.read_after = None;
            // The loop begins again with what may be read now.
            self.exchange.attached().signals.wake.notify_one();
        }
        // The internal client is never given up for being slow.
        let may_be_slow = self.exchange.attached().origin.is_internal();
        if is_over(self.exchange.write_by) && !may_be_slow {
            return Err(refused(reason::BUSY, "a client does not read").into());
        }
        if is_over(self.exchange.blocked_until()) {
            return Err(refused(reason::BUSY, "the pizzeria is too far behind").into());
        }
        if is_over(silent_until) {
            return Err(refused(reason::KEEP_ALIVE, "a client fell silent").into());
        }
        Ok(())
    }

    fn silence_max(&self) -> Duration {
        Duration::from_millis(self.silence_ms_max.into())
    }

    /// Sets the timer to the next deadline, or before it.
    fn set(&self, timer: Pin<&mut Sleep>, silent_until: Option<Instant>) {
        let exchange = &self.exchange;
        let may_be_slow = exchange.attached().origin.is_internal();
        let write_by = exchange.write_by.filter(|_| !may_be_slow);
        let all = [
            exchange.read_after,
            write_by,
            exchange.blocked_until(),
            silent_until,
        ];
        let next = all.into_iter().flatten().min();
        let next = next.unwrap_or_else(|| Instant::now() + NEVER);
        // Most deadlines are put off before they come. One that is too early costs a look at
        // the time when it comes; to set it again with each packet would cost a lock each.
        if timer.is_elapsed() || next < timer.deadline() {
            timer.reset(next);
        }
    }

    /// Whether there is more that may be handled now.
    fn handle_packets(&mut self, last_received: &mut Instant) -> Result<bool, CloseReason> {
        let hub = Arc::clone(self.exchange.hub());
        let signals = Arc::clone(&self.exchange.attached().signals);
        for _ in 0..PACKETS_AT_ONCE {
            // Asked before each: any packet may be the one that blocks.
            if !self.exchange.may_read() {
                return Ok(false);
            }
            let bytes_max = hub.limits.packet_bytes_max;
            let Some(frame) = self.input.cut(bytes_max, &hub.input, &signals)? else {
                return Ok(false);
            };
            *last_received = Instant::now();
            self.exchange.handle(&frame)?;
        }
        Ok(true)
    }

    async fn end(&mut self, mut reason: CloseReason) {
        let wait = match reason {
            CloseReason::TakenOver => LAST_PACKET_WAIT,
            _ => Duration::ZERO,
        };
        if reason.may_overtake_a_disconnect()
            && let Some(disconnect) = self.find_disconnect(wait).await
        {
            reason = disconnect;
        }
        reason.log();
        self.close(&reason).await;
    }

    /// Handles what the client had sent before its connection was over, and was not read
    /// yet: where a DISCONNECT is the last of it, the client has left in peace.
    async fn find_disconnect(&mut self, wait: Duration) -> Option<CloseReason> {
        let until = Instant::now() + wait;
        let hub = Arc::clone(self.exchange.hub());
        let signals = Arc::clone(&self.exchange.attached().signals);
        let bytes_max = hub.limits.packet_bytes_max;
        let (mut bytes, mut handles) = (0, true);
        loop {
            while let Some(frame) = self.input.cut(bytes_max, &hub.input, &signals).ok()? {
                bytes += frame.bytes();
                self.exchange.send_due_acks();
                // What may not be handled any more was not acknowledged, and nothing after it
                // may be handled either. A DISCONNECT asks for nothing.
                handles &= self.exchange.may_read();
                if (handles || frame.is_disconnect())
                    && let Err(reason) = self.exchange.handle_last(&frame)
                {
                    return Some(reason).filter(CloseReason::is_disconnect);
                }
            }
            if bytes > REST_BYTES_MAX {
                return None;
            }
            let read = poll_fn(|cx| self.input.poll_read(&mut self.stream, cx));
            // Unconstrained: the runtime would say that there is nothing to read when the
            // task has done much at a time. The timeout looks at the time last.
            timeout_at(until, unconstrained(read)).await.ok()?.ok()?;
        }
    }

    async fn close(&mut self, reason: &CloseReason) {
        let expiry_s_max = self.exchange.hub().limits.session_s_max;
        let expiry_max = Duration::from_secs(expiry_s_max.into());
        let expiry = reason.expiry().map(|expiry| expiry.min(expiry_max));
        self.exchange.detach(reason.with_will(), expiry);
        if let Some(code) = reason.code() {
            self.exchange.say_goodbye(code);
            let (stream, output) = (&mut self.stream, &mut self.exchange.output);
            let last = poll_fn(|cx| stream::poll_write(stream, output, cx));
            // The client may not be reading; the broker has done what it could.
            let _ = timeout(GOODBYE_WAIT, last).await;
        }
        let _ = timeout(GOODBYE_WAIT, self.stream.shutdown()).await;
    }
}
