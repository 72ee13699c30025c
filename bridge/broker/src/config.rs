//! What an operator may set of the broker.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use pizza_mqtt::{PORT, TLS_PORT};
use serde::Deserialize;

use crate::rights::RightsConfig;
use crate::user::UserConfig;

/// The section `[broker]` of the configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether there is a broker. Unless it is set, there is one where the bridge is not
    /// configured to go to another.
    pub on: Option<bool>,
    pub mqtt: ListenerConfig,
    pub mqtts: TlsListenerConfig,
    /// Names, passwords, and who each of them is.
    pub users: BTreeMap<String, UserConfig>,
    /// The role of the users who have none of their own. Without it, each must have one.
    pub default_role: Option<String>,
    /// Whether clients that show nothing are let in, with the role `anonymous`. It holds only
    /// while there are no users, and a listener that other machines reach is refused then.
    pub anonymous_on_loopback: bool,
    /// Who may publish and subscribe to what. What is configured takes the place of the whole
    /// usual table.
    pub rights: RightsConfig,
    /// Whether clients may show tokens, which [`Bound::tokens`](crate::Bound::tokens) gets.
    /// Then a listener that other machines reach needs no users.
    #[serde(skip)]
    pub takes_tokens: bool,
    pub limits: Limits,
}

/// A listener without TLS.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenerConfig {
    pub on: bool,
    pub address: SocketAddr,
}

/// A listener with TLS.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsListenerConfig {
    pub on: bool,
    pub address: SocketAddr,
    /// PEM. Without one, the certificate of the gateway is shown.
    pub certificate: Option<PathBuf>,
    /// PEM: the certificate's private key.
    pub key: Option<PathBuf>,
    /// PEM: clients must show a certificate that one of these authorities has signed.
    pub client_ca: Option<PathBuf>,
}

/// Every collection, size and wait has a limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Clients at once; above it, new ones are turned away.
    pub connections_max: usize,
    /// Connections at once that have not sent a valid CONNECT; above it, the oldest of them
    /// is closed.
    pub half_open_max: usize,
    /// Sessions, connected or not.
    pub sessions_max: usize,
    /// How long a session outlives its connection at most.
    pub session_s_max: u32,
    /// How long a client may take to send its CONNECT, and as long again before it for TLS.
    pub connect_ms_max: u64,
    /// How long a client may be silent, whatever keep-alive it asks for.
    pub idle_s_max: u16,
    /// How long a client may take to read what it is sent.
    pub write_ms_max: u64,
    /// Largest packet.
    pub packet_bytes_max: usize,
    /// How much of packets larger than 4 KiB may be half received, from all clients; above it,
    /// those that were begun first are given up, and their clients disconnected.
    pub input_bytes_max: usize,
    /// Topics that a client may give a number to, so as to send that instead: `topic_alias_max`
    /// of version 5. They are kept for each connection.
    pub topic_alias_max: u16,
    /// What one client may send in the long run; above it, the broker reads from it later.
    pub messages_per_second: u32,
    pub bytes_per_second: u32,
    /// Filters that one client may have subscribed to.
    pub subscriptions_max: usize,
    /// What one session may take of memory beside the messages that wait for it: for its
    /// filters, its will, and what it has sent at QoS 2 and not released.
    pub session_bytes_max: usize,
    /// The same for all sessions together.
    pub sessions_bytes_max: usize,
    /// Messages on their way to a client that it has not acknowledged, and messages of a
    /// client that are not acknowledged to it; above the latter nothing is read from it.
    pub in_flight_max: u16,
    /// Messages that wait for one client. What the pizzeria itself is too slow for makes
    /// publishers wait; what any other client is too slow for, it misses.
    pub queue_max: usize,
    pub queue_bytes_max: usize,
    /// The same for all clients together, except for the pizzeria.
    pub held_bytes_max: usize,
    /// How long a publisher waits for the pizzeria before its connection is closed.
    pub behind_ms_max: u64,
    /// Topics with a retained message, and how much that may be; the oldest make room.
    pub retained_max: usize,
    pub retained_bytes_max: usize,
}

impl Config {
    /// Whether clients are let in that show nothing: while nobody else than this machine reaches
    /// a listener. Where one is open to others, a proxy is likely to be in front of the rest.
    #[must_use]
    pub fn admits_anonymous(&self) -> bool {
        let is_local = |on: bool, address: SocketAddr| !on || address.ip().is_loopback();
        self.anonymous_on_loopback
            && self.users.is_empty()
            && is_local(self.mqtt.on, self.mqtt.address)
            && is_local(self.mqtts.on, self.mqtts.address)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            on: None,
            mqtt: ListenerConfig::default(),
            mqtts: TlsListenerConfig::default(),
            users: BTreeMap::new(),
            default_role: None,
            anonymous_on_loopback: true,
            rights: RightsConfig::default(),
            takes_tokens: false,
            limits: Limits::default(),
        }
    }
}

impl Default for ListenerConfig {
    fn default() -> Self {
        Self {
            on: true,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
        }
    }
}

impl Default for TlsListenerConfig {
    fn default() -> Self {
        Self {
            on: true,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, TLS_PORT)),
            certificate: None,
            key: None,
            client_ca: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // As many as sessions: at 2 KB for an idle one, 32 MB.
            connections_max: 16_384,
            half_open_max: 512,
            sessions_max: 16_384,
            session_s_max: 24 * 3_600,
            connect_ms_max: 5_000,
            idle_s_max: 3_600,
            write_ms_max: 10_000,
            // A thousand times what a position takes; each client may have one half received.
            packet_bytes_max: 256 << 10,
            // Of 256 packets of the largest size.
            input_bytes_max: 64 << 20,
            // A phone has two or three topics, an oven as many; with the longest names that there
            // can be it is 10 KiB.
            topic_alias_max: 10,
            messages_per_second: 2_000,
            bytes_per_second: 2 << 20,
            subscriptions_max: 64,
            // 64 filters of 200 bytes, a will of 16 KiB and a thousand unreleased messages fit.
            session_bytes_max: 160 << 10,
            // 8 KiB for each of `sessions_max`.
            sessions_bytes_max: 128 << 20,
            // At `messages_per_second`, with some milliseconds until each is committed, some
            // dozens are in flight.
            in_flight_max: 100,
            queue_max: 4_096,
            queue_bytes_max: 4 << 20,
            // Of 64 clients with full queues; more clients have to share.
            held_bytes_max: 256 << 20,
            behind_ms_max: 30_000,
            retained_max: 20_000,
            retained_bytes_max: 16 << 20,
        }
    }
}
