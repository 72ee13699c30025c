//! The store on a Redis Cluster and behind sentinels, and what goes wrong there. One test at a time:
//! they measure how long something takes.

#![allow(
    clippy::print_stdout,
    reason = "how long something took is part of what is tested"
)]

#[path = "../servers/cluster.rs"]
mod cluster;
mod cuts;
mod failover;
mod fixture;
mod migration;
#[cfg(feature = "planted")]
mod planted;
#[path = "../servers/process.rs"]
mod process;
mod proxy;
mod refused;
mod sentinel;
mod suite;
