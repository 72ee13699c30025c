//! Silos and gateways as processes of their own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use crate::common::compiled;

/// What all silos of a test take, and all edges show.
pub(super) const TOKEN: &str = "the-token-of-all-silos-of-this-test";

/// One of them, open when it is made, killed when it is dropped.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
    /// The lines that it has printed before that.
    banner: Vec<String>,
}

/// A silo and nothing else, on a Redis server.
pub(super) fn silo(store: &str, dir: &Path, name: &str, options: &[&str]) -> Process {
    let data = dir.join(name);
    std::fs::create_dir_all(&data).expect("a directory");
    compiled::lay_out(&data);
    let mut command = pizza(dir);
    command
        .args([
            "silo",
            "--speed",
            "1200",
            "--admin",
            "127.0.0.1:0",
            "--data",
        ])
        .arg(&data)
        .args(["--cluster-listen", "127.0.0.1:0", "--cluster-name", name])
        .args(["--cluster-store", store])
        .args(options);
    let silo = Process::open(command, "admin");
    compiled::keep(&data);
    silo
}

/// A gateway for silos. It finds those that it is not told of.
pub(super) fn gateway(dir: &Path, name: &str, silos: &[SocketAddr]) -> Process {
    let silos: Vec<String> = silos.iter().map(ToString::to_string).collect();
    let mut command = pizza(dir);
    command
        .args(["gateway", "--http", "127.0.0.1:0", "--https", "off"])
        .args(["--silo", &silos.join(","), "--data"])
        .arg(dir.join(name));
    Process::open(command, "API")
}

fn pizza(dir: &Path) -> Command {
    // One machine asks more than a client may.
    let config = dir.join("pizza.toml");
    if !config.exists() {
        std::fs::write(&config, "[gateway]\nrate_per_second = 0\n").expect("written");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command.current_dir(dir).env("PIZZA_ADMIN_TOKEN", TOKEN);
    command
}

impl Process {
    /// Returns when it has said that it is open; `listed` names the line with its address.
    pub(super) fn open(mut command: Command, listed: &str) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let mut banner = Vec::new();
        let address = lines.find_map(|line| {
            let address = address_of(&line, listed);
            banner.push(line);
            address
        });
        let address = address.unwrap_or_else(|| panic!("{command:?} opens: {banner:?}"));
        // Nobody reads on: the rest of the banner fits into the pipe.
        Self {
            child,
            address,
            banner,
        }
    }

    /// Another address of its banner, of a line above that of its own.
    pub(super) fn listed(&self, name: &str) -> SocketAddr {
        let mut found = self.banner.iter().filter_map(|line| address_of(line, name));
        found
            .next()
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.banner))
    }

    /// What a command says that asks this silo.
    pub(super) fn cli(&self, words: &[&str]) -> Output {
        let command = Command::new(env!("CARGO_BIN_EXE_pizza"))
            .args(words)
            .args(["--admin", &self.address.to_string()])
            .env("PIZZA_ADMIN_TOKEN", TOKEN)
            .output();
        command.expect("the program runs")
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM, and waits until it has ended.
    pub(super) fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.expect("kill runs").success());
        self.child.wait().expect("it ends")
    }
}

fn address_of(line: &str, listed: &str) -> Option<SocketAddr> {
    let line = line.trim().strip_prefix(listed)?.trim_start();
    line.split('/').nth(2)?.parse().ok()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
