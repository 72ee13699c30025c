//! A server's process, which ends with whoever started it, however that ends.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::ports::free_port;

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
        let server = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        Self::start_as(Path::new(&server), settings)
    }

    /// The same, by a program that becomes the server.
    pub(crate) fn start_as(server: &Path, settings: &[&str]) -> Self {
        let port = free_port();
        let port_text = port.to_string();
        let mut all = vec!["--port", &port_text, "--bind", "127.0.0.1", "--save", ""];
        all.extend(settings);
        Self::run(
            server,
            tempfile::tempdir().expect("a directory"),
            port,
            &all,
        )
    }

    /// Starts a server that has no port without TLS, with these settings of TLS.
    pub(crate) fn start_with_tls(settings: &[String]) -> Self {
        let port = free_port();
        let port_text = port.to_string();
        let mut all = vec!["--port", "0", "--tls-port", &port_text];
        all.extend(["--bind", "127.0.0.1", "--save", ""]);
        all.extend(settings.iter().map(String::as_str));
        let server = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let dir = tempfile::tempdir().expect("a directory");
        Self::run(Path::new(&server), dir, port, &all)
    }

    /// Starts a sentinel that watches this primary as `main`.
    pub(crate) fn sentinel(primary: u16) -> Self {
        let port = free_port();
        Self::sentinel_of(port, &format!("port {port}\n"), primary, 2)
    }

    /// The same by TLS alone, and it is enough that this one says so.
    pub(crate) fn sentinel_with_tls(primary: u16, settings: &[String]) -> Self {
        let port = free_port();
        let mut more = format!("port 0\ntls-port {port}\n");
        for setting in settings.chunks_exact(2) {
            let name = setting[0].trim_start_matches('-');
            // Sentinels are no cluster.
            if name != "tls-cluster" {
                more.push_str(&format!("{name} {}\n", setting[1]));
            }
        }
        Self::sentinel_of(port, &more, primary, 1)
    }

    fn sentinel_of(port: u16, more: &str, primary: u16, quorum: u8) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("sentinel.conf");
        let text = format!(
            "{more}bind 127.0.0.1\nsentinel monitor main 127.0.0.1 {primary} {quorum}\n\
             sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n"
        );
        std::fs::write(&file, text).expect("writable");
        let file = file.to_str().expect("a text").to_owned();
        let server = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        Self::run(Path::new(&server), dir, port, &[&file, "--sentinel"])
    }

    fn run(server: &Path, dir: TempDir, port: u16, args: &[&str]) -> Self {
        // The guard removes it.
        let dir = dir.keep();
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args([&dir, server])
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
