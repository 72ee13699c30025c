//! Wires that break in one direction: connections go through a proxy that may hold back the bytes of
//! either direction, or cut them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How often it is looked whether held bytes may go on.
const LOOK: Duration = Duration::from_millis(10);

/// Of one proxy.
#[derive(Default)]
struct Wire {
    /// Bytes to where the proxy leads are held back, and bytes from there.
    holds_to: AtomicBool,
    holds_from: AtomicBool,
    held: AtomicU64,
    is_over: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    wire: Arc<Wire>,
}

/// Which bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    To,
    From,
}

impl Wire {
    fn holds(&self, direction: Direction) -> &AtomicBool {
        match direction {
            Direction::To => &self.holds_to,
            Direction::From => &self.holds_from,
        }
    }
}

impl Proxy {
    pub(super) fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let wire = Arc::new(Wire::default());
        let of_all = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if of_all.is_over.load(Ordering::Relaxed) {
                    return;
                }
                // Whoever is away refuses, and so does this.
                if let Ok(server) = TcpStream::connect(target) {
                    join(&of_all, client, server);
                }
            }
        });
        Self { address, wire }
    }

    /// From now on bytes of this direction wait: nobody hears that they do.
    pub(super) fn hold(&self, direction: Direction) {
        self.wire.holds(direction).store(true, Ordering::Relaxed);
    }

    /// They arrive now, late and in their order, as a network brings them again.
    pub(super) fn mend(&self) {
        for direction in [Direction::To, Direction::From] {
            self.wire.holds(direction).store(false, Ordering::Relaxed);
        }
    }

    /// Ends all connections, and says how many. What was held back is lost.
    pub(super) fn cut(&self) -> usize {
        let mut open = self.wire.open.lock().expect("unpoisoned");
        let ended = open.drain(..);
        ended
            .filter(|stream| stream.shutdown(Shutdown::Both).is_ok())
            .count()
    }

    /// How often bytes were held back.
    pub(super) fn held(&self) -> u64 {
        self.wire.held.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.wire.is_over.store(true, Ordering::Relaxed);
        self.mend();
        self.cut();
        // Whoever waits for the next connection looks up.
        let _ = TcpStream::connect(self.address);
    }
}

fn join(wire: &Arc<Wire>, client: TcpStream, server: TcpStream) {
    let both = [&client, &server].map(|stream| {
        let _ = stream.set_nodelay(true);
        stream.try_clone()
    });
    let [Ok(of_client), Ok(of_server)] = both else {
        return;
    };
    {
        let mut open = wire.open.lock().expect("unpoisoned");
        // Those that have ended are no use here.
        open.retain(|stream| stream.peer_addr().is_ok());
        open.extend(
            [&client, &server]
                .map(TcpStream::try_clone)
                .into_iter()
                .flatten(),
        );
    }
    for (from, to, direction) in [
        (client, of_server, Direction::To),
        (server, of_client, Direction::From),
    ] {
        let wire = Arc::clone(wire);
        thread::spawn(move || carry(&wire, from, to, direction));
    }
}

fn carry(wire: &Wire, mut from: TcpStream, mut to: TcpStream, direction: Direction) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if wire.holds(direction).load(Ordering::Relaxed) {
            wire.held.fetch_add(1, Ordering::Relaxed);
        }
        while wire.holds(direction).load(Ordering::Relaxed) {
            thread::sleep(LOOK);
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
