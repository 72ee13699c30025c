//! How bytes are read from and written to a client. All of it may be given up half-way
//! without losing a byte.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most that is read at a time.
pub(crate) const READ_BYTES_MAX: usize = 16 << 10;
/// How long the last packet to a client, which may have stopped reading, is tried.
pub(crate) const GOODBYE_WAIT: Duration = Duration::from_millis(500);

thread_local! {
    /// What is read lies here first. A client of which nothing comes has no buffer then,
    /// however many there are of them.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES_MAX].into());
}

/// Appends what there is to read, at least one byte and at most `count_max`.
///
/// # Errors
/// When the client has closed the connection, or it is broken.
pub(crate) fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    input: &mut BytesMut,
    count_max: usize,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let mut buffer = ReadBuf::new(&mut scratch[..count_max.min(READ_BYTES_MAX)]);
        ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(()))
    })
}

/// Writes all of the output.
///
/// # Errors
/// When the connection is broken.
pub(crate) fn poll_write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut BytesMut,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while output.has_remaining() {
        let wrote = ready!(Pin::new(&mut *stream).poll_write(cx, output))?;
        if wrote == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        output.advance(wrote);
    }
    // Behind TLS, bytes may still be in the encryption's own buffer.
    Pin::new(stream).poll_flush(cx)
}
