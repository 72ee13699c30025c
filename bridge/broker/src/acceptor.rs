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
    streams: mpsc::Sender<Box<dyn ByteStream>>,
    asks_who: bool,
    packet_bytes_max: usize,
}

impl Acceptor {
    pub(crate) fn new(
        asks_who: bool,
        packet_bytes_max: usize,
    ) -> (Self, mpsc::Receiver<Box<dyn ByteStream>>) {
        let (streams, waiting) = mpsc::channel(WAITING_MAX);
        let acceptor = Self {
            streams,
            asks_who,
            packet_bytes_max,
        };
        (acceptor, waiting)
    }

    /// Hands over a connection on which the client is to speak MQTT, beginning with CONNECT. The
    /// broker drops it when it is over, and shuts it down before where there is time. Waits while
    /// too many others wait; a broker that has stopped drops it at once.
    pub async fn accept(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        // Without a broker there is nobody to serve it.
        let _ = self.streams.send(Box::new(stream)).await;
    }

    /// Whether a client has to say who it is. If not, whoever hands over has to know.
    #[must_use]
    pub fn asks_who(&self) -> bool {
        self.asks_who
    }

    /// The largest packet that is taken, in bytes.
    #[must_use]
    pub fn packet_bytes_max(&self) -> usize {
        self.packet_bytes_max
    }
}
