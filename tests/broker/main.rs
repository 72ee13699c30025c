//! The broker of the process itself, with real clients and with some that mean harm.

mod client;
#[path = "../common/mod.rs"]
mod common;
mod flood;
mod hostile;
mod killed;
mod quality;
mod raw;
mod retained;
mod sessions;
mod shared;
mod tls;
mod wills;
mod world;
