//! A WebSocket as a stream of bytes, which is what MQTT wants of it (MQTT 5, section 6): binary
//! messages one after the other, whose boundaries mean nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use bytes::{Buf as _, Bytes};
use futures_util::{Sink, Stream as _};
use pizza_http::Upgraded;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::metrics;

/// The most bytes that one message to the client has: what it is sent waits in a buffer of this
/// connection alone.
pub(crate) const WRITE_BYTES_MAX: usize = 16 << 10;
/// Messages without a byte of MQTT, as pings, that may come at once, and how often one is
/// forgiven. Each has to be answered or looked at, and nothing else counts them.
const IDLE_MESSAGES_MAX: u32 = 100;
const FORGIVEN_EVERY: Duration = Duration::from_millis(100);

/// The bytes of a WebSocket. Shutting it down tells the client why, and waits until the client
/// has agreed; that wait is the caller's to bound.
pub struct ByteStream {
    socket: WebSocket,
    /// Whether this process stops.
    closing: watch::Receiver<bool>,
    /// What was received and not read yet.
    received: Bytes,
    ended: bool,
    /// What the client has done wrong, and is told in the end.
    mistake: Option<(u16, &'static str)>,
    close_is_sent: bool,
    idle: IdleMessages,
    _open: metrics::OpenWebSocket,
    _upgraded: Option<Upgraded>,
}

/// A bucket of messages that bring nothing.
struct IdleMessages {
    left: u32,
    refilled: Instant,
}

impl IdleMessages {
    /// Whether one more is bearable.
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let elapsed = now.duration_since(self.refilled);
        let forgiven = elapsed.as_millis() / FORGIVEN_EVERY.as_millis();
        if forgiven > 0 {
            let forgiven = u32::try_from(forgiven).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(forgiven).min(IDLE_MESSAGES_MAX);
            self.refilled = now;
        }
        let bearable = self.left > 0;
        self.left = self.left.saturating_sub(1);
        bearable
    }
}

impl ByteStream {
    pub(crate) fn new(
        socket: WebSocket,
        closing: watch::Receiver<bool>,
        upgraded: Option<Upgraded>,
    ) -> Self {
        Self {
            socket,
            closing,
            received: Bytes::new(),
            ended: false,
            mistake: None,
            close_is_sent: false,
            idle: IdleMessages {
                left: IDLE_MESSAGES_MAX,
                refilled: Instant::now(),
            },
            _open: metrics::OpenWebSocket::new(),
            _upgraded: upgraded,
        }
    }

    /// Notes what is wrong, and ends what can be read.
    fn refuse(&mut self, code: u16, why: &'static str) -> io::Error {
        self.ended = true;
        self.mistake = Some((code, why));
        io::Error::new(io::ErrorKind::InvalidData, why)
    }

    fn last_word(&self) -> CloseFrame {
        let (code, reason) = match self.mistake {
            Some(mistake) => mistake,
            None if *self.closing.borrow() => (close_code::AWAY, "the server stops"),
            None => (close_code::NORMAL, ""),
        };
        let reason = Utf8Bytes::from_static(reason);
        CloseFrame { code, reason }
    }

    fn socket(&mut self) -> Pin<&mut WebSocket> {
        Pin::new(&mut self.socket)
    }

    /// Receives a message with at least one byte; without one, there are no more.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.received.is_empty() && !self.ended {
            match ready!(self.socket().poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) if !bytes.is_empty() => self.received = bytes,
                // The library answers pings by itself.
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {
                    if !self.idle.take() {
                        let why = "too many messages that say nothing";
                        return Poll::Ready(Err(self.refuse(close_code::POLICY, why)));
                    }
                }
                Some(Ok(Message::Text(_))) => {
                    let why = "MQTT takes binary messages only";
                    return Poll::Ready(Err(self.refuse(close_code::UNSUPPORTED, why)));
                }
                Some(Ok(Message::Close(_))) => {
                    self.ended = true;
                    // The library answers it, with the next that is sent or flushed.
                    self.close_is_sent = true;
                }
                None => self.ended = true,
                Some(Err(error)) => {
                    tracing::debug!(%error, "a WebSocket broke");
                    // The library does not say which, and to one that is gone it does not matter.
                    let why = "a message is malformed or too large";
                    return Poll::Ready(Err(self.refuse(close_code::POLICY, why)));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_send_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        if !self.close_is_sent {
            ready!(self.socket().poll_ready(cx))?;
            let last = Message::Close(Some(self.last_word()));
            self.close_is_sent = true;
            self.socket().start_send(last)?;
        }
        self.socket().poll_flush(cx)
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_receive(cx))?;
        let count = self.received.len().min(buffer.remaining());
        buffer.put_slice(&self.received[..count]);
        self.received.advance(count);
        if self.received.is_empty() {
            // It would hold on to the whole message that it is the end of.
            self.received = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // Ready when all that was sent before has left, which is how a slow reader is noticed.
        ready!(self.socket().poll_ready(cx)).map_err(io::Error::other)?;
        let bytes = &bytes[..bytes.len().min(WRITE_BYTES_MAX)];
        let message = Message::Binary(Bytes::copy_from_slice(bytes));
        let sent = self.socket().start_send(message);
        Poll::Ready(sent.map(|()| bytes.len()).map_err(io::Error::other))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket().poll_flush(cx).map_err(io::Error::other)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = ready!(self.poll_send_close(cx));
        // A connection that is closed with something unread is reset, and the client may never
        // see why: so what still comes is thrown away, up to the client's own close.
        let is_open = sent.is_ok();
        while is_open && ready!(self.socket().poll_next(cx)).is_some_and(|got| got.is_ok()) {}
        Poll::Ready(Ok(()))
    }
}
