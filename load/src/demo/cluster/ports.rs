//! Ports that nobody has.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context as _;

/// A Redis server of a cluster listens at its port and at one so much higher.
const BUS: u16 = 10_000;
const FIRST: u16 = 17_000;
const LAST: u16 = 27_000;

/// A free port. Somebody else may take it in the next moment, and then whoever wants it says so.
pub(crate) fn free() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a free port")?;
    Ok(listener.local_addr()?.port())
}

/// Free ports for servers of a Redis Cluster.
pub(crate) fn for_servers(count: usize) -> anyhow::Result<Vec<u16>> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let both = |port: &u16| is_free(*port) && is_free(*port + BUS);
    let ports: Vec<u16> = (FIRST..LAST).filter(both).take(count).collect();
    anyhow::ensure!(
        ports.len() == count,
        "there are not {count} free ports from {FIRST} to {LAST}"
    );
    Ok(ports)
}
