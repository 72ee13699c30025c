//! A Redis server, and silos that share it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::{Pizza, until};

/// A server of the test's own, which writes each command to its disk before it answers.
pub(super) struct Redis {
    process: Child,
    pub(super) url: String,
    port: u16,
    dir: tempfile::TempDir,
}

impl Redis {
    pub(super) fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let process = serve(port, dir.path());
        Self {
            process,
            url: format!("redis://127.0.0.1:{port}/"),
            port,
            dir,
        }
    }

    fn kept(&self) -> [std::path::PathBuf; 2] {
        ["appendonlydir", "copy"].map(|name| self.dir.path().join(name))
    }

    /// Its files as they are now.
    pub(super) fn keep_a_copy(&self) {
        let [from, to] = self.kept();
        copy(&from, &to);
    }

    /// It ends, and another one begins with the files of before.
    pub(super) fn go_back_to_the_copy(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
        let [files, kept] = self.kept();
        std::fs::remove_dir_all(&files).expect("removed");
        copy(&kept, &files);
        self.process = serve(self.port, self.dir.path());
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

/// A server that answers.
fn serve(port: u16, dir: &Path) -> Child {
    let process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .args(["--save", ""])
        .arg("--dir")
        .arg(dir)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed");
    let is_there = || std::net::TcpStream::connect(("127.0.0.1", port)).ok();
    until("the server to listen", is_there);
    process
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for file in std::fs::read_dir(from).expect("files") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
