//! Where connections come from: a trait, so that a simulation can own the network and a configuration
//! put TLS on it.

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::error::Error;

/// A connection, whatever carries it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for S {}

/// Opens connections to other silos.
#[async_trait]
pub trait Dial: Send + Sync + 'static {
    /// Opens a connection to an address of the view, host and port.
    ///
    /// # Errors
    /// When nobody answers there, or cannot prove to be a silo.
    async fn dial(&self, address: &str) -> Result<Box<dyn Stream>, Error>;
}

/// Plain TCP.
#[derive(Debug, Default)]
pub struct TcpDial;

#[async_trait]
impl Dial for TcpDial {
    async fn dial(&self, address: &str) -> Result<Box<dyn Stream>, Error> {
        let stream = TcpStream::connect(address).await?;
        // Frames are small, and somebody waits for each.
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}
