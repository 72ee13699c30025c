//! Silos and gateways as processes of their own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use crate::common::{compiled, request};

/// What all silos of a test take, and all edges show.
pub(super) const TOKEN: &str = "the-token-of-all-silos-of-this-test";

/// One of them, open when it is made, killed when it is dropped.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
    /// The lines that it has printed before that.
    banner: Vec<String>,
}

/// Where a silo listens that is told nothing else, and how quick its people are.
const FREE: [&str; 6] = [
    "--admin",
    "127.0.0.1:0",
    "--cluster-listen",
    "127.0.0.1:0",
    "--speed",
    "1200",
];

/// A silo and nothing else, on a Redis server.
pub(super) fn silo(store: &str, dir: &Path, name: &str, options: &[&str]) -> Process {
    silo_as(pizza(dir), store, dir, name, &[&FREE[..], options].concat())
}

/// The same on one core alone, so that what keeps it busy is a large share of what it may have.
pub(super) fn silo_on_one_core(store: &str, dir: &Path, name: &str, options: &[&str]) -> Process {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program());
    let options = [&FREE[..], options].concat();
    silo_as(in_dir(command, dir), store, dir, name, &options)
}

/// The same by a command of its own, which ends in the program, and where it is told to listen.
pub(super) fn silo_as(
    mut command: Command,
    store: &str,
    dir: &Path,
    name: &str,
    options: &[&str],
) -> Process {
    let data = of_silo(&mut command, store, dir, name, options);
    let silo = Process::open(command, "admin");
    compiled::keep(&data);
    silo
}

/// What a silo says that does not open.
pub(super) fn refused_silo(store: &str, dir: &Path, name: &str, options: &[&str]) -> String {
    let mut command = pizza(dir);
    of_silo(
        &mut command,
        store,
        dir,
        name,
        &[&FREE[..], options].concat(),
    );
    refused(command)
}

/// What a process says that ends instead of opening.
pub(super) fn refused(mut command: Command) -> String {
    let output = command.output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

/// The command of a silo; returns its directory, in which all modules are compiled already.
fn of_silo(
    command: &mut Command,
    store: &str,
    dir: &Path,
    name: &str,
    options: &[&str],
) -> PathBuf {
    let data = dir.join(name);
    std::fs::create_dir_all(&data).expect("a directory");
    compiled::lay_out(&data);
    command
        .args(["silo", "--data"])
        .arg(&data)
        .args(["--cluster-name", name, "--cluster-store", store])
        .args(options);
    data
}

/// A gateway for silos. It finds those that it is not told of.
pub(super) fn gateway(dir: &Path, name: &str, silos: &[SocketAddr]) -> Process {
    gateway_as(pizza(dir), dir, name, silos)
}

/// The same by a command of its own.
pub(super) fn gateway_as(
    mut command: Command,
    dir: &Path,
    name: &str,
    silos: &[SocketAddr],
) -> Process {
    let silos: Vec<String> = silos.iter().map(ToString::to_string).collect();
    command
        .args(["gateway", "--http", "127.0.0.1:0", "--https", "off"])
        .args(["--silo", &silos.join(","), "--data"])
        .arg(dir.join(name));
    Process::open(command, "API")
}

/// A metric of a process, as a collector reads it.
pub(super) fn metric_of(at: SocketAddr, name: &str) -> f64 {
    let text = request(at, "GET", "/metrics", &[], None).text();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    // What has not happened yet is not counted.
    line.map_or(0.0, |value| value.parse().expect("a number"))
}

/// Of silos, gateways and bridges: that of the tests, or another one that is measured, by `SILO_PROGRAM`.
pub(super) fn program() -> PathBuf {
    std::env::var_os("SILO_PROGRAM")
        .map_or_else(|| env!("CARGO_BIN_EXE_pizza").into(), PathBuf::from)
}

pub(super) fn pizza(dir: &Path) -> Command {
    in_dir(Command::new(program()), dir)
}

/// A command, as all of them begin.
pub(super) fn in_dir(mut command: Command, dir: &Path) -> Command {
    // One machine asks more than a client may.
    let config = dir.join("pizza.toml");
    if !config.exists() {
        std::fs::write(&config, "[gateway]\nrate_per_second = 0\n").expect("written");
    }
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
        let command = Command::new(program())
            .args(words)
            .args(["--admin", &self.address.to_string()])
            .env("PIZZA_ADMIN_TOKEN", TOKEN)
            .output();
        command.expect("the program runs")
    }

    /// Sends it a signal, such as `-STOP`.
    pub(super) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it has ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM, and waits until it has ended.
    pub(super) fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
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
