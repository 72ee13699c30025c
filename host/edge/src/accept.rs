//! Connections as they come in.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// How long to wait when the system has run out of something, descriptors above all. What is
/// lacking is given back by connections that end, which takes about as long as a request.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// The next connection. Small packets leave at once: answers are complete when they are
/// written, and waiting to fill a packet would only delay them.
///
/// It may be dropped at any moment: until it returns, it has let nobody in.
pub async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        let error = match listener.accept().await {
            Ok((stream, peer)) => {
                // It fails only for a client that has left, which its first read finds out.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) => error,
        };
        if is_of_the_client(error.kind()) {
            tracing::debug!(%error, "a client left before it was let in");
        } else {
            tracing::warn!(%error, "cannot accept");
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }
}

/// Whether the client has left while it waited. To pause for that would let anybody who connects
/// and leaves at once keep all others waiting.
fn is_of_the_client(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_packets_of_a_client_leave_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let client = TcpStream::connect(address).await.expect("connected");
        let (stream, peer) = accept(&listener).await;
        assert_eq!(peer, client.local_addr().expect("an address"));
        assert!(stream.nodelay().expect("an option"));
    }

    #[test]
    fn only_what_the_system_lacks_is_waited_for() {
        assert!(is_of_the_client(io::ErrorKind::ConnectionAborted));
        // EMFILE: the process has as many descriptors as it may have.
        let full = io::Error::from_raw_os_error(24);
        assert!(!is_of_the_client(full.kind()));
    }
}
