//! A Redis server, and silos that share it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::{Pizza, until};

/// A server of the test's own, which writes each command to its disk before it answers.
pub(super) struct Redis {
    process: Child,
    pub(super) url: String,
    _dir: tempfile::TempDir,
}

impl Redis {
    pub(super) fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(["--save", ""])
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let is_there = || std::net::TcpStream::connect(("127.0.0.1", port)).ok();
        until("the server to listen", is_there);
        Self {
            process,
            url: format!("redis://127.0.0.1:{port}/"),
            _dir: dir,
        }
    }

    /// A silo on it, with everything that belongs to a pizzeria.
    pub(super) fn silo(&self, data: &Path, name: &str) -> Pizza {
        let config = data.join("pizza.toml");
        // One machine asks more than a client may.
        std::fs::write(&config, "[gateway]\nrate_per_second = 0\n").expect("written");
        let config = config.to_str().expect("a path in UTF-8");
        let data = data.join(name);
        let cluster = [
            "--cluster-store",
            &self.url,
            "--cluster-listen",
            "127.0.0.1:0",
            "--cluster-name",
            name,
        ];
        let quick = ["--speed", "1200", "--config", config];
        Pizza::start(&data, &[&quick[..], &cluster].concat())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
