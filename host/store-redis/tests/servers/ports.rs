//! Ports for programs that have to be told one.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that a kernel gives to connections and to whoever asks for any: between two of those,
/// one may be given away that a server of this process was told and has not opened yet.
const FIRST: u32 = 10_000;
const COUNT: u32 = 22_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// One that nobody has, and that no other part of this process was told lately. If somebody else takes it
/// meanwhile, the server ends, and the test says so.
pub(crate) fn free_port() -> u16 {
    // Two processes of tests at once begin at different ones.
    let first = std::process::id().wrapping_mul(97);
    for _ in 0..COUNT {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + first.wrapping_add(next) % COUNT;
        let port = u16::try_from(port).expect("below 32,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port among {COUNT}");
}
