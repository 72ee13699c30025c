//! The first byte of a connection tells TLS from frames, before anything is made of it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::dial::Stream;

/// What a record of TLS begins with that holds a handshake (RFC 8446, 5.1). A frame would be of
/// 352 MB, which none is.
const HANDSHAKE: u8 = 0x16;

/// A stream whose first byte was looked at. It is read again with the others.
pub(super) struct Looked {
    inner: Box<dyn Stream>,
    first: Option<u8>,
}

impl Looked {
    /// Waits for the first byte.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn at(mut inner: Box<dyn Stream>) -> io::Result<Self> {
        let first = Some(inner.read_u8().await?);
        Ok(Self { inner, first })
    }

    pub(super) fn is_tls(&self) -> bool {
        self.first == Some(HANDSHAKE)
    }
}

impl AsyncRead for Looked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if into.remaining() > 0
            && let Some(first) = self.first.take()
        {
            into.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl AsyncWrite for Looked {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
