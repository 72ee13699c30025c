//! The way from one region to another: as long as the sea is wide, and cut when a region is away.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The most bytes that are carried at a time, and how many of such pieces are on their way.
const PIECE: usize = 16 << 10;
const ON_THE_WAY: usize = 1_024;

/// Takes connections for the silos of a region, and carries everything after its time.
pub(super) struct Way {
    pub(super) address: SocketAddr,
    silos: Arc<Mutex<Vec<String>>>,
    /// Dropped, it ends all connections.
    _carrying: JoinSet<()>,
}

impl Way {
    /// A way that takes so long there and back; it leads nowhere yet.
    ///
    /// # Errors
    /// When no port is free.
    pub(super) async fn open(round_trip: Duration) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let silos = Arc::new(Mutex::new(Vec::new()));
        let mut carrying = JoinSet::new();
        carrying.spawn(accept(listener, Arc::clone(&silos), round_trip / 2));
        Ok(Self {
            address,
            silos,
            _carrying: carrying,
        })
    }

    /// From now on it leads to these silos, by their addresses for other silos.
    pub(super) fn leads_to(&self, silos: Vec<String>) {
        *self.silos.lock().unwrap_or_else(PoisonError::into_inner) = silos;
    }
}

async fn accept(listener: TcpListener, silos: Arc<Mutex<Vec<String>>>, one_way: Duration) {
    let mut connections = JoinSet::new();
    let mut turn: usize = 0;
    loop {
        tokio::select! {
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => {
                let Ok((near, _)) = accepted else { continue };
                turn = turn.wrapping_add(1);
                let silo = {
                    let silos = silos.lock().unwrap_or_else(PoisonError::into_inner);
                    silos.get(turn % silos.len().max(1)).cloned()
                };
                // Without one the connection ends at once.
                if let Some(silo) = silo {
                    connections.spawn(carry(near, silo, one_way));
                }
            }
        }
    }
}

async fn carry(near: TcpStream, silo: String, one_way: Duration) {
    let Ok(far) = TcpStream::connect(silo).await else {
        return;
    };
    // Small pieces are not to wait for more.
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        () = late(near_read, far_write, one_way) => {}
        () = late(far_read, near_write, one_way) => {}
    }
}

/// Carries what comes, each piece after its time, until one side ends.
async fn late(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    one_way: Duration,
) {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let reading = async move {
        loop {
            let mut piece = vec![0; PIECE];
            match from.read(&mut piece).await {
                Ok(count) if count > 0 => piece.truncate(count),
                _ => return,
            }
            if sender
                .send((Instant::now() + one_way, piece))
                .await
                .is_err()
            {
                return;
            }
        }
    };
    let writing = async {
        while let Some((due, piece)) = pieces.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, writing);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_goes_there_and_back_takes_its_time_and_arrives_whole() {
        let echo = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let silo = echo.local_addr().expect("an address").to_string();
        tokio::spawn(async move {
            let (mut stream, _) = echo.accept().await.expect("a connection");
            let (mut read, mut write) = stream.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
        });
        let round_trip = Duration::from_millis(60);
        let way = Way::open(round_trip).await.expect("it opens");
        let mut nowhere = TcpStream::connect(way.address).await.expect("it takes it");
        let mut byte = [0];
        assert!(
            matches!(nowhere.read(&mut byte).await, Ok(0) | Err(_)),
            "it leads nowhere yet"
        );
        way.leads_to(vec![silo]);
        let mut stream = TcpStream::connect(way.address).await.expect("it takes it");
        let sent: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let begun = Instant::now();
        let (mut read, mut write) = stream.split();
        let mut heard = vec![0; sent.len()];
        let (wrote, read) = tokio::join!(write.write_all(&sent), read.read_exact(&mut heard));
        wrote.expect("sent");
        read.expect("heard");
        assert!(heard == sent, "whole and in order");
        assert!(begun.elapsed() >= round_trip, "{:?}", begun.elapsed());
    }
}
