//! A broker for MQTT 3.1.1 and 5 on one port, in this process: what a pizzeria of one machine
//! needs, and what no client can bring down.
//!
//! A message that the *internal client* (the bridge) has subscribed to is acknowledged to its
//! publisher only when the internal client has acknowledged it to the broker. The broker
//! knows nothing of actors, and the bridge reaches it by a socket like any other broker.
//!
//! In reading order, which is the way of a packet:
//! - [`config`]: what may be set, [`user`] of it; every limit
//! - [`broker`]: bind, open, stop
//! - [`listener`], [`half_open`]: the accept loops, and how many may be undecided
//! - [`handshake`], [`admission`]: from the first packet to a session, or to a refusal
//! - [`authentication`]: who a client is; [`rights`]: what it may publish and subscribe to
//! - [`connection`]: one client's I/O; what its packets do is in `connection/exchange.rs`,
//!   and [`input`] and [`stream`] are how bytes are read and written
//! - [`rate`]: how fast one client may be
//! - [`packet`], [`decode`], [`encode`]: the protocol; [`property`], [`properties`] and [`reader`]
//!   are parts of it, [`topic`] says which topics and filters are taken
//! - [`hub`]: sessions, subscriptions and retained messages, under one lock
//! - [`session`], [`identity`], [`attachment`], [`outbox`], [`receipt`], [`subscriptions`],
//!   [`retained`], both in a [`topic_tree`]: what the hub is made of
//! - [`account`], [`metrics`]: what is counted
//! - [`bench`]: what a benchmark of the codec calls

mod account;
mod admission;
mod attachment;
mod authentication;
#[doc(hidden)]
pub mod bench;
mod broker;
mod config;
mod connection;
mod decode;
mod encode;
mod half_open;
mod handshake;
mod hub;
mod identity;
mod input;
mod listener;
mod metrics;
mod outbox;
mod packet;
mod properties;
mod property;
mod rate;
mod reader;
mod receipt;
mod retained;
mod rights;
mod session;
mod stream;
mod subscriptions;
mod topic;
mod topic_tree;
mod user;

pub use authentication::{TokenHolder, TokenLookup, UserError};
pub use broker::{Addresses, Bound, Broker, BrokerError, CertificateFiles, InternalAccess};
pub use config::{Config, Limits, ListenerConfig, TlsListenerConfig};
pub use pizza_edge::tls::TlsError;
pub use rights::{RightsConfig, RightsError, RoleConfig};
pub use user::UserConfig;
