//! A broker in a process of its own, which is this test once more.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, fs, io};

use pizza_broker::Bound;

use crate::loopback;

/// Says that this process is the broker.
const IS_BROKER: &str = "BROKER_OF_A_MEMORY_TEST";
/// The value of it where half packets may take any room: a mistake that has to be found.
const UNBOUNDED: &str = "unbounded";

/// It ends when this is dropped.
pub(crate) struct BrokerProcess {
    child: Child,
    /// Open until it ends: it may not want to write to nobody.
    _output: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl BrokerProcess {
    pub(crate) fn start() -> Self {
        Self::start_as("bounded")
    }

    /// Forgets the bound of what is half received.
    pub(crate) fn start_unbounded() -> Self {
        Self::start_as(UNBOUNDED)
    }

    fn start_as(which: &str) -> Self {
        let own = env::current_exe().expect("this program");
        let mut child = Command::new(own)
            .args(["--exact", "broker_process::the_broker", "--nocapture"])
            .env(IS_BROKER, which)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let address = lines.find_map(|line| line.ok()?.strip_prefix("at ")?.parse().ok());
        Self {
            address: address.expect("it says where it listens"),
            child,
            _output: lines,
        }
    }

    /// What of the process is in memory, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.memory_of("VmRSS:")
    }

    /// The most that it was.
    pub(crate) fn peak(&self) -> usize {
        self.memory_of("VmHWM:")
    }

    fn memory_of(&self, name: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib: usize = kib.and_then(|kib| kib.parse().ok()).expect("a number");
        kib << 10
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        // It reads until its input ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_broker() {
    let Ok(which) = env::var(IS_BROKER) else {
        return;
    };
    let mut config = loopback::config();
    if which == UNBOUNDED {
        config.limits.input_bytes_max = usize::MAX;
    }
    let bound = Bound::new(config).await.expect("an address");
    let broker = bound.open(None, false).await.expect("a broker");
    let address = broker.addresses().mqtt.expect("a listener");
    writeln!(io::stdout(), "\nat {address}").expect("somebody reads");
    let until_closed = || io::stdin().read_line(&mut String::new());
    let _ = tokio::task::spawn_blocking(until_closed).await;
}
