//! Another cell of the same pizzeria: a silo on a Redis of its own, and a gateway there.

use std::net::SocketAddr;
use std::process::Command;

use super::pizzeria::silo;
use crate::cluster::process::{Process, gateway};
use crate::cluster::redis::Redis;
use crate::common::ports::free_port;

/// The name of it; keys that begin with it are its own.
pub(super) const NAME: &str = "us";
const HOME: &str = "eu";

pub(super) struct Cell {
    redis: Redis,
    silo: Process,
    pub(super) web: Process,
    _dir: tempfile::TempDir,
}

/// Where silos of both cells serve silos, chosen before any of them is there.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) home: u16,
    pub(super) other: u16,
}

impl Ports {
    pub(super) fn free() -> Self {
        let (home, other) = (free_port(), free_port());
        Self { home, other }
    }

    /// The configuration of the cell of all keys that name none.
    pub(super) fn of_home(self, store: &str) -> String {
        config(HOME, store, NAME, self.other)
    }
}

/// A cell, and the only other one that it knows.
fn config(name: &str, store: &str, other: &str, port: u16) -> String {
    format!(
        "[silo.cluster]\nstore = \"{store}\"\n[silo.cluster.cell]\nname = \"{name}\"\ndefault = \"{HOME}\"\n\
         [silo.cluster.cell.others]\n{other} = [\"127.0.0.1:{port}\"]\n"
    )
}

impl Cell {
    pub(super) fn open(gateway_config: &str, ports: Ports) -> Self {
        let redis = Redis::start();
        let dir = tempfile::tempdir().expect("a directory");
        let config = format!(
            "{gateway_config}{}",
            config(NAME, &redis.url, HOME, ports.home)
        );
        std::fs::write(dir.path().join("pizza.toml"), config).expect("written");
        let silo = silo(&redis.url, dir.path(), "far", ports.other);
        let at: [SocketAddr; 1] = [silo.address];
        let web = gateway(dir.path(), "web", &at);
        Self {
            redis,
            silo,
            web,
            _dir: dir,
        }
    }

    /// Stops all of it where it is, or lets it go on.
    pub(super) fn signal(&self, signal: &str) {
        for pid in [self.redis.id(), self.silo.pid(), self.web.pid()] {
            let sent = Command::new("kill")
                .args([signal, &pid.to_string()])
                .status();
            assert!(sent.expect("kill runs").success());
        }
    }
}
