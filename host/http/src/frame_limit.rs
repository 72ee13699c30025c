//! A client of HTTP/2 that sends nothing but frames is sent away.
//!
//! SETTINGS and PING have to be answered, so that a client can keep a server at work without
//! ever asking it anything (CVE-2019-9512, CVE-2019-9515). The HTTP library answers each
//! before it reads the next one, which bounds memory, but it has no bound on how many; for
//! streams that are reset and for CONTINUATION it has. So frames are counted as they pass: a
//! bucket of frames that is refilled by time and by what is useful (RFC 9113, 10.5). A client
//! that empties it gets GOAWAY with ENHANCE_YOUR_CALM.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long the preface is with which HTTP/2 begins, before any frame (RFC 9113, 3.4).
const PREFACE_BYTES: usize = 24;
const FRAME_HEAD_BYTES: usize = 9;

/// How many frames that ask for nothing may come at once.
const FRAMES_MAX: u32 = 1_000;
/// How many of them are forgiven in each second.
const FRAMES_PER_SECOND: u64 = 50;
/// How many a request earns: it may come with a priority, a window and a reset.
const FRAMES_PER_REQUEST: u32 = 4;
/// How many each frame of data that we send earns: it is acknowledged for its stream and for the
/// connection.
const FRAMES_PER_DATA_SENT: u32 = 2;

/// How long a client that is sent away may take to receive the GOAWAY.
const GOAWAY_WAIT: Duration = Duration::from_millis(500);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const ENHANCE_YOUR_CALM: u8 = 11;

/// Counts the frames of a connection.
pub(crate) struct FrameLimit<S> {
    stream: S,
    /// The frames that the client sends; `writes` has those that are sent to it.
    reads: Frames,
    writes: Frames,
    left: u32,
    refilled: Instant,
    last_stream: u32,
    goaway: Option<GoAway>,
}

/// GOAWAY is on its way; then what still comes is thrown away, for a connection that is
/// closed with something unread is reset, and the client may never see why.
struct GoAway {
    rest: Vec<u8>,
    is_shut: bool,
    until: Pin<Box<Sleep>>,
}

/// How far a direction has come in its frame.
struct Frames {
    /// How many bytes there are until the next head begins.
    skip: usize,
    head: [u8; FRAME_HEAD_BYTES],
    known: usize,
}

#[derive(Clone, Copy)]
struct Head {
    bytes: usize,
    kind: u8,
    flags: u8,
    stream: u32,
}

impl Frames {
    fn after(skip: usize) -> Self {
        let head = [0; FRAME_HEAD_BYTES];
        let known = 0;
        Self { skip, head, known }
    }

    fn is_between(&self) -> bool {
        self.skip == 0 && self.known == 0
    }

    fn pass(&mut self, mut bytes: &[u8], mut seen: impl FnMut(Head)) {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let taken = (FRAME_HEAD_BYTES - self.known).min(bytes.len());
            self.head[self.known..self.known + taken].copy_from_slice(&bytes[..taken]);
            self.known += taken;
            bytes = &bytes[taken..];
            if self.known == FRAME_HEAD_BYTES {
                let [a, b, c, kind, flags, s, t, u, v] = self.head;
                let length = u32::from_be_bytes([0, a, b, c]);
                // 24 bits fit everywhere.
                let bytes = usize::try_from(length).unwrap_or(usize::MAX);
                let stream = u32::from_be_bytes([s & 0x7f, t, u, v]);
                (self.known, self.skip) = (0, bytes);
                seen(Head {
                    bytes,
                    kind,
                    flags,
                    stream,
                });
            }
        }
    }
}

impl<S> FrameLimit<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            reads: Frames::after(PREFACE_BYTES),
            writes: Frames::after(0),
            left: FRAMES_MAX,
            refilled: Instant::now(),
            last_stream: 0,
            goaway: None,
        }
    }

    /// Counts what was read; false when the client has sent more than it may.
    fn count_read(&mut self, bytes: &[u8]) -> bool {
        let (mut costs, mut earns, mut last) = (0_u32, 0_u32, self.last_stream);
        self.reads.pass(bytes, |head| match head.kind {
            HEADERS => {
                last = last.max(head.stream);
                earns += FRAMES_PER_REQUEST;
            }
            DATA if head.bytes > 0 || head.flags & END_STREAM != 0 => {}
            CONTINUATION => {}
            _ => costs += 1,
        });
        self.last_stream = last;
        self.left = (self.left + earns).min(FRAMES_MAX);
        // The clock is read only when the bucket is empty, since most reads cost nothing.
        if costs > self.left {
            let since = self.refilled.elapsed().as_millis();
            let since = u64::try_from(since).unwrap_or(u64::MAX);
            let refill = since.saturating_mul(FRAMES_PER_SECOND) / 1_000;
            let refill = u32::try_from(refill).unwrap_or(FRAMES_MAX);
            self.left = self.left.saturating_add(refill).min(FRAMES_MAX);
            self.refilled = Instant::now();
        }
        let is_within = costs <= self.left;
        // Debt is not kept: the connection ends at the first overdraft.
        self.left = self.left.saturating_sub(costs);
        is_within
    }

    fn count_written(&mut self, bytes: &[u8]) {
        let mut sent = 0_u32;
        self.writes.pass(bytes, |head| {
            sent += u32::from(head.kind == DATA);
        });
        let earned = sent.saturating_mul(FRAMES_PER_DATA_SENT);
        self.left = self.left.saturating_add(earned).min(FRAMES_MAX);
    }

    fn send_goaway(&mut self) {
        let mut rest = Vec::new();
        // In the middle of a frame nothing else can be said.
        if self.writes.is_between() {
            // Length 8, type 7 (GOAWAY), no flags, stream 0 (RFC 9113, 6.8).
            rest = vec![0, 0, 8, 7, 0, 0, 0, 0, 0];
            rest.extend(self.last_stream.to_be_bytes());
            rest.extend([0, 0, 0, ENHANCE_YOUR_CALM]);
        }
        let until = Box::pin(sleep(GOAWAY_WAIT));
        let is_shut = false;
        tracing::debug!("a client sends nothing but frames; it is sent away");
        self.goaway = Some(GoAway {
            rest,
            is_shut,
            until,
        });
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FrameLimit<S> {
    /// Ready when the client has heard it, has gone, or had its time.
    fn poll_goaway(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(goaway) = &mut self.goaway else {
            return Poll::Ready(());
        };
        if goaway.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut stream = Pin::new(&mut self.stream);
        while !goaway.rest.is_empty() {
            match ready!(stream.as_mut().poll_write(context, &goaway.rest)) {
                Ok(written) if written > 0 => {
                    goaway.rest.drain(..written);
                }
                _ => return Poll::Ready(()),
            }
        }
        if !goaway.is_shut {
            let shut = ready!(stream.as_mut().poll_shutdown(context));
            goaway.is_shut = true;
            if shut.is_err() {
                return Poll::Ready(());
            }
        }
        // What still comes is read to nothing, so that the end is no reset.
        let mut space = [0; 4_096];
        // The runtime gives others their turn in between.
        loop {
            let mut read = ReadBuf::new(&mut space);
            let more = ready!(stream.as_mut().poll_read(context, &mut read));
            if more.is_err() || read.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for FrameLimit<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.goaway.is_none() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            if this.count_read(&buffer.filled()[before..]) {
                return Poll::Ready(Ok(()));
            }
            buffer.set_filled(before);
            this.send_goaway();
        }
        ready!(this.poll_goaway(context));
        Poll::Ready(Err(io::Error::other("nothing but frames")))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for FrameLimit<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.goaway.is_some() {
            // Nothing comes after GOAWAY.
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, bytes))?;
        this.count_written(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
