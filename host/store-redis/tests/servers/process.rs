//! A server's process, which ends with whoever started it, however that ends.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Ends the server, and removes what it wrote, when the other end of its input is gone: a cluster
/// that several tests share belongs to a static, which nobody drops.
const GUARD: &str = "dir=$1; shift; cd \"$dir\"; \"$@\" >/dev/null 2>&1 & echo $!; read _; \
                     kill -9 $! 2>/dev/null; wait; cd /; rm -rf \"$dir\"";

pub(crate) struct Process {
    guard: Child,
    pid: String,
    pub(crate) port: u16,
}

impl Process {
    /// Starts a server on a port of its own, with these settings beside those that all have. What the
    /// `REDIS_SERVER` of the environment names is started, `redis-server` without it.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let port = free_port();
        let port_text = port.to_string();
        let mut all = vec!["--port", &port_text, "--bind", "127.0.0.1", "--save", ""];
        all.extend(settings);
        Self::run(tempfile::tempdir().expect("a directory"), port, &all)
    }

    /// Starts a sentinel that watches this primary as `main`.
    pub(crate) fn sentinel(primary: u16) -> Self {
        let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
        let file = dir.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {primary} 2\n\
             sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n"
        );
        std::fs::write(&file, text).expect("writable");
        let file = file.to_str().expect("a text").to_owned();
        Self::run(dir, port, &[&file, "--sentinel"])
    }

    fn run(dir: TempDir, port: u16, args: &[&str]) -> Self {
        let server = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        // The guard removes it.
        let dir = dir.keep();
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args([Path::new(&dir), Path::new(&server)])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut pid = String::new();
        let said = guard.stdout.take().expect("piped");
        BufReader::new(said).read_line(&mut pid).expect("its id");
        let pid = pid.trim().to_owned();
        Self { guard, pid, port }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid]).status();
        assert!(sent.expect("kill is installed").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It reads the end of its input.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Free now; if somebody else takes it meanwhile, the server ends, and the test says so.
pub(crate) fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    free.local_addr().expect("an address").port()
}
