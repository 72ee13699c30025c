//! The broker of the process itself, with real clients and with some that mean harm.

mod client;
mod clients;
mod flood;
mod hostile;
mod killed;
mod phone;
mod quality;
pub(crate) mod raw;
mod retained;
mod rights;
mod sessions;
mod shared;
mod simulated;
mod tls;
mod websocket;
mod wills;
mod world;
