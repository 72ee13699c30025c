//! What an operator may set of the embedded broker.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

use crate::config::Secret;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether there is one; unless said, where no other one is configured.
    pub on: Option<bool>,
    pub mqtt: DoorConfig,
    pub mqtts: TlsDoorConfig,
    /// Names and passwords. Without any, everybody who reaches a door comes in; that is
    /// refused for doors that other machines reach.
    pub users: BTreeMap<String, Secret>,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoorConfig {
    pub on: bool,
    pub address: SocketAddr,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsDoorConfig {
    pub on: bool,
    pub address: SocketAddr,
    /// PEM. Without one, the certificate of the gateway is shown.
    pub certificate: Option<PathBuf>,
    /// PEM: the certificate's private key.
    pub key: Option<PathBuf>,
    /// PEM: whoever comes must show a certificate that one of these vouches for.
    pub client_ca: Option<PathBuf>,
}

/// Everything has an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Clients at once; above it, new ones are turned away.
    pub connections_max: usize,
    /// Connections at once of which nobody has said who it is; above it, the oldest of
    /// them is closed.
    pub half_open_max: usize,
    /// Sessions, connected or not.
    pub sessions_max: usize,
    /// How long a session outlives its connection at most.
    pub session_s_max: u32,
    /// How long a client may take to say who it is.
    pub connect_ms_max: u64,
    /// How long a client may be silent, whatever keep-alive it asks for.
    pub idle_s_max: u16,
    /// How long a client may take to take what it is sent.
    pub write_ms_max: u64,
    /// Largest packet.
    pub packet_bytes_max: usize,
    /// Of one client, in the long run; more makes it wait.
    pub messages_per_second: u32,
    pub bytes_per_second: u32,
    /// Filters of one client.
    pub subscriptions_max: usize,
    /// Messages on their way to a client that it has not acknowledged, and messages of a
    /// client that are not acknowledged to it; above the latter nothing is read from it.
    pub in_flight_max: u16,
    /// Messages that wait for one client. What the pizzeria itself is too slow for makes
    /// publishers wait; what any other client is too slow for, it misses.
    pub queue_max: usize,
    pub queue_bytes_max: usize,
    /// The same for all clients together, but for the pizzeria.
    pub held_bytes_max: usize,
    /// How long a publisher waits for the pizzeria before its connection is closed.
    pub behind_ms_max: u64,
    /// Topics whose last message is kept, and how much that may be; the oldest make room.
    pub retained_max: usize,
    pub retained_bytes_max: usize,
}

impl Default for DoorConfig {
    fn default() -> Self {
        Self {
            on: true,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 1883)),
        }
    }
}

impl Default for TlsDoorConfig {
    fn default() -> Self {
        Self {
            on: true,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8883)),
            certificate: None,
            key: None,
            client_ca: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            half_open_max: 512,
            sessions_max: 16_384,
            session_s_max: 24 * 3_600,
            connect_ms_max: 5_000,
            idle_s_max: 3_600,
            write_ms_max: 10_000,
            packet_bytes_max: 256 << 10,
            messages_per_second: 2_000,
            bytes_per_second: 2 << 20,
            subscriptions_max: 64,
            in_flight_max: 100,
            queue_max: 4_096,
            queue_bytes_max: 4 << 20,
            held_bytes_max: 256 << 20,
            behind_ms_max: 30_000,
            retained_max: 20_000,
            retained_bytes_max: 16 << 20,
        }
    }
}
