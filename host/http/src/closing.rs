//! How a listener closes without cutting off a request that has already been sent.
//!
//! A request is answered if its last byte was there before its connection was closed, and
//! a connection is closed only when nothing lies in it unread. So, on the way out:
//!
//! - connections that wait in the system's queue are let in first ([`drain_backlog`]): to close a
//!   listener is to reset them;
//! - a connection with nothing to do stays a little, and is looked at before it goes
//!   ([`finish`]): the HTTP library closes such a one at once, whether a request has come
//!   that it has not read yet or not;
//! - a connection at work is told by `Connection: close` or GOAWAY that this was the last.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use crate::permits::Peer;
use crate::service::ConnectionService;

/// How long a connection with nothing to do stays: what was sent before its client could
/// know is on its way.
const LINGER: Duration = Duration::from_millis(100);
const RECHECK_AFTER: Duration = Duration::from_millis(10);

/// A connection's socket, which knows whether something lies in it that nobody has read.
pub(crate) struct Socket {
    stream: TcpStream,
    peer: Peer,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, peer: Peer) -> Self {
        Self { stream, peer }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if self.peer.is_watched() {
            // "Nothing yet" may be an answer of the past: the runtime hears from the system
            // later than the system from the network. So the system itself is asked.
            let is_empty = || rustix::io::ioctl_fionread(&self.stream).is_ok_and(|n| n == 0);
            let is_read = polled.is_pending() && is_empty();
            self.peer.note_read(is_read);
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A connection that can be told to take no more requests than it has. The HTTP library has such a
/// trait too, but not for connections that may be upgraded.
pub(crate) trait Graceful: Future<Output = Result<(), hyper::Error>> {
    fn graceful_shutdown(self: Pin<&mut Self>);
}

impl<S> Graceful for http1::UpgradeableConnection<TokioIo<S>, ConnectionService>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fn graceful_shutdown(self: Pin<&mut Self>) {
        // The inherent one.
        Self::graceful_shutdown(self);
    }
}

impl<S> Graceful for http2::Connection<TokioIo<S>, ConnectionService, TokioExecutor>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    fn graceful_shutdown(self: Pin<&mut Self>) {
        Self::graceful_shutdown(self);
    }
}

/// Carries a connection to its end, once the listener is closing.
pub(crate) async fn finish<C: Graceful>(mut connection: Pin<&mut C>, peer: &Peer) -> C::Output {
    peer.watch_unread();
    let until = Instant::now() + LINGER;
    while peer.idle_since().is_some() {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            () = sleep(RECHECK_AFTER) => {}
        }
        if Instant::now() >= until && peer.is_read() {
            break;
        }
    }
    // What is being answered is finished; nothing new is read.
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// Closes the listener, and returns those whom the system has let in and nobody has heard
/// yet. The queue is made as short as it can be first, so that nobody joins it meanwhile.
pub(crate) fn drain_backlog(listener: TcpListener) -> Vec<TcpStream> {
    let waiting = listener.into_std().and_then(|listener| {
        // To listen again changes the length of the queue, and nothing else (listen(2)).
        rustix::net::listen(&listener, 0)?;
        let mut waiting = Vec::new();
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true)?;
                    waiting.push(TcpStream::from_std(stream)?);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(waiting),
                // Gone before it was let in.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot let in who waits");
                    return Ok(waiting);
                }
            }
        }
    });
    waiting.unwrap_or_else(|error: io::Error| {
        tracing::warn!(%error, "cannot let in who waits");
        Vec::new()
    })
}
