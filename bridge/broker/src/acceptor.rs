//! Clients whose connections somebody else accepts, as a server of HTTP does for those that come
//! by WebSocket. They are in no other way different: the same limits, the same names, the same
//! end.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

/// How many may wait until the broker looks at them, which it does at once when it is open.
const WAITING_MAX: usize = 64;

/// A stream of bytes in both directions, whatever carries it.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// Takes connections that were accepted elsewhere; a handle that is cheap to clone.
#[derive(Clone)]
pub struct Acceptor {
    /// For those who are near enough to be let in without saying who they are.
    near: mpsc::Sender<Box<dyn ByteStream>>,
    far: mpsc::Sender<Box<dyn ByteStream>>,
    packet_bytes_max: usize,
}

/// The other ends of an [`Acceptor`].
pub(crate) struct Handed {
    pub(crate) near: mpsc::Receiver<Box<dyn ByteStream>>,
    pub(crate) far: mpsc::Receiver<Box<dyn ByteStream>>,
}

impl Acceptor {
    pub(crate) fn new(packet_bytes_max: usize) -> (Self, Handed) {
        let ((near, is_near), (far, is_far)) =
            (mpsc::channel(WAITING_MAX), mpsc::channel(WAITING_MAX));
        let acceptor = Self {
            near,
            far,
            packet_bytes_max,
        };
        let (near, far) = (is_near, is_far);
        (acceptor, Handed { near, far })
    }

    /// Hands over a connection on which the client is to speak MQTT, beginning with CONNECT. Where
    /// the broker lets anybody in who shows nothing, it lets this one in only with `anonymous`:
    /// where the client is, the broker cannot see. It drops the stream when it is over, and shuts
    /// it down before where there is time. Waits while too many others wait; a broker that has
    /// stopped drops it at once.
    pub async fn accept(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        anonymous: bool,
    ) {
        let to = if anonymous { &self.near } else { &self.far };
        // Without a broker there is nobody to serve it.
        let _ = to.send(Box::new(stream)).await;
    }

    /// The largest packet that is taken, in bytes.
    #[must_use]
    pub fn packet_bytes_max(&self) -> usize {
        self.packet_bytes_max
    }
}
