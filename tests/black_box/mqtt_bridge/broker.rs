//! Mosquitto in a process of its own, and its clients.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::ports::free_port;
use crate::common::until;

pub(crate) struct Mosquitto {
    process: Child,
    port: u16,
    files: TempDir,
    /// What every client of it has to say.
    manners: Vec<String>,
    scheme: &'static str,
}

fn program() -> PathBuf {
    let debian = Path::new("/usr/sbin/mosquitto");
    if debian.exists() {
        debian.to_owned()
    } else {
        "mosquitto".into()
    }
}

impl Mosquitto {
    /// On a free port, with everything kept on disk when it is stopped.
    pub(crate) fn start() -> Self {
        let files = tempfile::tempdir().expect("a directory");
        Self::with(files, "allow_anonymous true\n", "mqtt", &[])
    }

    /// With more in its configuration, and files beside it.
    pub(crate) fn with(files: TempDir, more: &str, scheme: &'static str, manners: &[&str]) -> Self {
        let port = free_port();
        let dir = files.path().display();
        let config = format!(
            "listener {port} 127.0.0.1\n{more}persistence true\n\
             persistence_location {dir}/\nmax_queued_messages 0\nmax_inflight_messages 50\n\
             user root\nlog_dest stderr\nlog_type error\n"
        );
        std::fs::write(files.path().join("mosquitto.conf"), config).expect("a file");
        let process = run(&files, port);
        Self {
            process,
            port,
            files,
            manners: manners.iter().map(|&word| word.to_owned()).collect(),
            scheme,
        }
    }

    pub(crate) fn stop(&mut self) {
        let pid = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.expect("kill runs").success());
        self.process.wait().expect("it ends");
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
    }

    pub(crate) fn start_again(&mut self) {
        self.process = run(&self.files, self.port);
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port)
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "localhost", "-p", &self.port.to_string(), "-q", "1"]);
        command.args(&self.manners);
        command
    }

    /// Returns when the broker has it.
    pub(crate) fn publish(&self, topic: &str, payload: &[u8]) {
        let mut client = self.client("mosquitto_pub");
        // An empty standard input would be no message at all.
        client.args(["-t", topic]);
        client.arg(if payload.is_empty() { "-n" } else { "-s" });
        let mut child = client.stdin(Stdio::piped()).spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(payload).expect("it reads");
        drop(stdin);
        assert!(child.wait().expect("it ends").success(), "{topic}");
    }

    pub(crate) fn retain(&self, topic: &str, payload: &str) {
        let mut client = self.client("mosquitto_pub");
        let published = client.args(["-t", topic, "-m", payload, "-r"]).status();
        assert!(published.expect("it runs").success());
    }

    /// A message a line, over one connection; returns when the broker has them.
    pub(crate) fn publish_lines(&self, topic: &str, lines: &str) {
        let mut client = self.client("mosquitto_pub");
        let client = client.args(["-t", topic, "-l"]).stdin(Stdio::piped());
        let mut child = client.spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(lines.as_bytes()).expect("it reads");
        drop(stdin);
        assert!(child.wait().expect("it ends").success(), "{topic}");
    }

    /// So many messages of a topic, from now on; they are waited for in the background.
    pub(crate) fn subscribe(&self, topic: &str, count: usize) -> Subscriber {
        let ready = format!("test/ready/{}", count);
        let mut client = self.client("mosquitto_sub");
        client.args([
            "-t",
            topic,
            "-t",
            &ready,
            "-C",
            &(count + 1).to_string(),
            "-W",
            "60",
        ]);
        client.args(["-F", "%t %p"]).stdout(Stdio::piped());
        let child = client.spawn().expect("it runs");
        // Retained, so that it comes as soon as the subscription is there.
        self.retain(&ready, "ready");
        Subscriber { child }
    }

    /// What is heard on a topic, the retained message first, until one is as wished.
    pub(crate) fn until(&self, topic: &str, wished: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.heard(topic, &[], wished)
    }

    fn heard(&self, topic: &str, more: &[&str], wished: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut client = self.client("mosquitto_sub");
        client.args(["-t", topic, "-W", "60"]).args(more);
        client.stdout(Stdio::piped());
        let mut child = client.spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut heard: Vec<Value> = Vec::new();
        for line in lines.map_while(Result::ok) {
            heard.push(serde_json::from_str(&line).expect("JSON"));
            if heard.last().is_some_and(&wished) {
                break;
            }
        }
        drop(child.kill());
        drop(child.wait());
        assert!(heard.last().is_some_and(&wished), "{topic}: {heard:#?}");
        heard
    }

    /// Everything on a topic from now on, kept by the broker while nobody listens.
    pub(crate) fn hear(&self, topic: &str) -> Hearing {
        let mut client = self.client("mosquitto_sub");
        client.args(["-t", topic, "-c", "-i", "hearing", "-E"]);
        // It subscribes, and leaves: the rest is the broker's.
        assert!(client.status().expect("it runs").success());
        Hearing {
            topic: topic.to_owned(),
        }
    }

    fn is_there(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
    }
}

fn run(files: &TempDir, port: u16) -> Child {
    let process = Command::new(program())
        .arg("-c")
        .arg(files.path().join("mosquitto.conf"))
        .spawn();
    let process = process.expect("mosquitto runs: scripts/test installs it");
    until("mosquitto", || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
    });
    process
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        debug_assert!(!self.is_there());
    }
}

pub(crate) struct Hearing {
    topic: String,
}

impl Hearing {
    /// What the broker has kept, up to the one that is as wished.
    pub(crate) fn until(self, broker: &Mosquitto, wished: impl Fn(&Value) -> bool) -> Vec<Value> {
        // Without what is retained, which comes again with each subscription.
        broker.heard(&self.topic, &["-c", "-i", "hearing", "-R"], wished)
    }
}

pub(crate) struct Subscriber {
    child: Child,
}

impl Subscriber {
    /// The payloads, once all have come.
    pub(crate) fn payloads(self) -> Vec<Value> {
        let output = self.child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "not all came: {text}");
        let lines = text.lines().filter(|line| !line.starts_with("test/ready/"));
        let payloads = lines.filter_map(|line| line.split_once(' '));
        payloads
            .map(|(_, payload)| serde_json::from_str(payload).expect("JSON"))
            .collect()
    }
}
