//! Ending a connection so that the other side hears why.

use std::time::Duration;

use futures_util::SinkExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::dial::Stream;
use super::error::Error;
use super::frame::{Welcome, encode, framed};
use super::limits::Limits;

/// How long the other side may take to have read it.
const LINGER: Duration = Duration::from_secs(1);
/// How much of what it still sends is read, in bytes.
const LINGER_BYTES_MAX: u64 = 64 << 10;

/// Says why the connection ends.
pub(super) async fn refuse(stream: &mut Box<dyn Stream>, why: &Error) {
    let said = async {
        let frame = encode(
            &Welcome::Refused(why.to_string()),
            Limits::default().frame_bytes_max,
        )?;
        framed(&mut *stream, Limits::default().frame_bytes_max)
            .send(frame)
            .await
            .map_err(Error::from)
    };
    if tokio::time::timeout(LINGER, said)
        .await
        .is_ok_and(|said| said.is_ok())
    {
        linger(stream).await;
    }
}

/// Closes a connection on which the last has been said. If something lay in it unread, the system
/// would reset it, and what was said could be lost on its way.
pub(super) async fn linger(stream: &mut Box<dyn Stream>) {
    let read_out = async {
        stream.shutdown().await?;
        let mut rest = stream.take(LINGER_BYTES_MAX);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // Whoever goes on sending has heard it by now, or does not want to.
    let _ = tokio::time::timeout(LINGER, read_out).await;
}
