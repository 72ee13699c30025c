//! A proxy in front of a server, which cuts connections when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of the next call of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Cut {
    Nothing = 0,
    /// It never arrives.
    Question = 1,
    /// It is run, and its answer is lost.
    Answer = 2,
}

#[derive(Default)]
struct Shared {
    next: AtomicU8,
    cuts: AtomicU64,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        let of_all = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server");
                tokio::spawn(serve(client, server, Arc::clone(&of_all)));
            }
        });
        Self {
            port,
            shared,
            accepting,
        }
    }

    pub(crate) fn cut(&self, next: Cut) {
        self.shared.next.store(next as u8, Ordering::SeqCst);
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(client: TcpStream, server: TcpStream, shared: Arc<Shared>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let loses = Arc::new(AtomicU8::new(0));
    tokio::select! {
        () = questions(from_client, to_server, &shared, &loses) => {}
        () = answers(from_server, to_client, &shared, &loses) => {}
    }
}

async fn questions(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    loses: &AtomicU8,
) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let bytes = &bytes[..count];
        if bytes.windows(7).any(|word| word == b"EVALSHA") {
            let cut = shared.next.swap(Cut::Nothing as u8, Ordering::SeqCst);
            if cut == Cut::Question as u8 {
                shared.cuts.fetch_add(1, Ordering::SeqCst);
                return;
            }
            loses.store(cut, Ordering::SeqCst);
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    loses: &AtomicU8,
) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if loses.load(Ordering::SeqCst) == Cut::Answer as u8 {
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
