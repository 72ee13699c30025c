//! A Redis server, and silos that share it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::ports::free_port;
use crate::common::{Pizza, until};

/// A server of the test's own, which writes each command to its disk before it answers.
pub(crate) struct Redis {
    process: Child,
    pub(super) url: String,
    host: String,
    pub(super) port: u16,
    /// What it is told besides.
    more: Vec<String>,
    dir: tempfile::TempDir,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1")
    }

    /// At this address of the machine.
    pub(super) fn start_at(host: &str) -> Self {
        Self::start_with("redis", host, free_port(), Vec::new())
    }

    /// By TLS alone: it shows `redis.pem` of a directory, and wants to see what `ca` there has signed.
    pub(super) fn start_with_tls(certificates: &Path, ca: &str) -> Self {
        let port = free_port();
        let file = |name: &str| certificates.join(name).display().to_string();
        let more = [
            ["--port", "0"].map(ToOwned::to_owned),
            ["--tls-port".to_owned(), port.to_string()],
            ["--tls-cert-file".to_owned(), file("redis.pem")],
            ["--tls-key-file".to_owned(), file("redis.key")],
            ["--tls-ca-cert-file".to_owned(), file(ca)],
        ];
        Self::start_with(
            "rediss",
            "127.0.0.1",
            port,
            more.into_iter().flatten().collect(),
        )
    }

    fn start_with(scheme: &str, host: &str, port: u16, more: Vec<String>) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let process = serve(host, port, dir.path(), &more);
        Self {
            process,
            url: format!("{scheme}://{host}:{port}/"),
            host: host.to_owned(),
            port,
            more,
            dir,
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
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
        self.process = serve(&self.host, self.port, self.dir.path(), &self.more);
    }

    /// A silo on it, with everything that belongs to a pizzeria.
    pub(crate) fn silo(&self, data: &Path, name: &str) -> Pizza {
        silo_on(&self.url, data, name, "")
    }

    /// A connection of a test's own.
    pub(super) fn connection(&self) -> redis::Connection {
        let client = redis::Client::open(&*self.url).expect("an address");
        client.get_connection().expect("it answers")
    }

    /// Where it is asked directly.
    pub(super) fn address(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }
}

/// A silo on a store, with everything that belongs to a pizzeria; `more` is of its `[silo.cluster]`.
pub(super) fn silo_on(store: &str, data: &Path, name: &str, more: &str) -> Pizza {
    let config = data.join("pizza.toml");
    // One machine asks more than a client may.
    let text =
        format!("[gateway]\nrate_per_second = 0\n[silo.cluster]\nstore = \"{store}\"\n{more}\n");
    std::fs::write(&config, text).expect("written");
    let config = config.to_str().expect("a path in UTF-8");
    let data = data.join(name);
    let cluster = ["--cluster-listen", "127.0.0.1:0", "--cluster-name", name];
    let quick = ["--speed", "1200", "--config", config];
    Pizza::start(&data, &[&quick[..], &cluster].concat())
}

/// A server that answers.
fn serve(host: &str, port: u16, dir: &Path, more: &[String]) -> Child {
    let process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", host])
        .args(["--protected-mode", "no"])
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .args(["--save", ""])
        .args(more)
        .arg("--dir")
        .arg(dir)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed");
    let is_there = || std::net::TcpStream::connect((host, port)).ok();
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
