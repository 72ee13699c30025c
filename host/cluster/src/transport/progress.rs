//! Whether anything comes or goes on a connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::dial::Stream;

/// Counts signs of life of the other side: bytes that came of it, and bytes that it made room for
/// after there was none. That bytes could be written says nothing as long as the system takes
/// them: it does so for minutes after the other side has vanished.
///
/// A frame that takes a while is many signs: whoever is slow is not taken for one who is gone.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<AtomicU64>);

impl Progress {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn made(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A stream whose signs of life are counted.
pub(super) struct Watched {
    inner: Box<dyn Stream>,
    progress: Progress,
    is_full: bool,
}

impl Watched {
    pub(super) fn new(inner: Box<dyn Stream>, progress: Progress) -> Self {
        Self {
            inner,
            progress,
            is_full: false,
        }
    }

    fn wrote<T>(&mut self, poll: Poll<T>) -> Poll<T> {
        match &poll {
            Poll::Pending => self.is_full = true,
            Poll::Ready(_) if self.is_full => {
                self.is_full = false;
                self.progress.made();
            }
            Poll::Ready(_) => {}
        }
        poll
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, into))?;
        if into.filled().len() > before {
            self.progress.made();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.wrote(poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_flush(context);
        self.wrote(poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
