//! The store on a Redis Cluster and behind sentinels, and what goes wrong there. One test at a time:
//! they measure how long something takes.

#![allow(
    clippy::print_stdout,
    reason = "how long something took is part of what is tested"
)]

#[path = "../servers/certificates.rs"]
#[allow(dead_code, reason = "who is refused is tested on one server")]
mod certificates;
#[path = "../servers/cluster.rs"]
mod cluster;
mod cuts;
mod durability;
mod failover;
mod fixture;
mod migration;
#[cfg(feature = "planted")]
mod planted;
#[path = "../servers/ports.rs"]
mod ports;
#[path = "../servers/process.rs"]
mod process;
mod proxy;
mod refused;
mod replicas;
mod sentinel;
mod slow_disk;
mod suite;
mod tls;
