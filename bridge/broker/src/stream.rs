//! How bytes are read from and written to a client. All of it may be dropped half-way, as
//! the arms of a `select!` are, without losing a byte.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf,
};
use tokio::time::{Instant, sleep_until};

/// Room for some dozens of ordinary packets, and little for each of thousands of silent
/// clients.
const READ_BYTES: usize = 4 << 10;
/// How long the last packet to a client, which may have stopped reading, is tried.
pub(crate) const GOODBYE_WAIT: Duration = Duration::from_millis(500);

/// Appends what there is to read; at least one byte.
///
/// # Errors
/// When the client has closed the connection, or it is broken.
pub(crate) async fn read<S: AsyncRead>(
    reader: &mut ReadHalf<S>,
    input: &mut BytesMut,
) -> io::Result<()> {
    input.reserve(READ_BYTES);
    match reader.read_buf(input).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// Writes all of the output.
///
/// # Errors
/// When the connection is broken.
pub(crate) async fn write<S: AsyncWrite>(
    writer: &mut WriteHalf<S>,
    output: &mut BytesMut,
) -> io::Result<()> {
    // It takes from the output what it has written, so an interrupted one can be called again.
    writer.write_all_buf(output).await?;
    // Behind TLS, bytes may still be in the encryption's own buffer.
    writer.flush().await
}

/// Waits until then; for ever if there is no such time.
pub(crate) async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
