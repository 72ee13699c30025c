//! Mosquitto's clients.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::until;
use crate::mqtt_broker::raw::Raw;

pub(crate) const VERSIONS: [&str; 2] = ["mqttv311", "mqttv5"];

pub(crate) fn command(program: &str, at: SocketAddr, options: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &at.port().to_string()]);
    command.args(options);
    command
}

/// Returns when the broker has it.
pub(crate) fn publish(at: SocketAddr, options: &[&str]) {
    let published = command("mosquitto_pub", at, options).output();
    let output = published.expect("it runs: scripts/test installs it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{options:?}: {said}");
    // It does not fail when it is cut off.
    assert!(!said.contains("Error"), "{options:?}: {said}");
}

/// A message a line, over one connection.
pub(crate) fn publish_lines(at: SocketAddr, options: &[&str], lines: &str) {
    let mut client = command("mosquitto_pub", at, options);
    let mut child = client
        .arg("-l")
        .stdin(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(lines.as_bytes()).expect("it reads");
    drop(stdin);
    assert!(child.wait().expect("it ends").success(), "{options:?}");
}

/// `mosquitto_sub`, which has subscribed when it is there.
pub(crate) struct Subscriber {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    before: VecDeque<String>,
}

impl Subscriber {
    pub(crate) fn new(at: SocketAddr, options: &[&str]) -> Self {
        Self::behind(at, at, options)
    }

    /// At another of the broker's listeners than that without TLS.
    pub(crate) fn behind(plain: SocketAddr, at: SocketAddr, options: &[&str]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // Retained, so that it comes when all is subscribed to: this filter is the last.
        let ready = format!("test/ready/{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut raw = Raw::new(plain, "");
        raw.publish(1, 3, &ready, b"ready");
        assert_eq!(raw.packet(), (0x40, vec![0, 1]));
        let mut subscriber = Self::unready(at, &[options, &["-t", &ready]].concat());
        loop {
            let line = subscriber.read();
            if line.trim_end().ends_with("ready") {
                return subscriber;
            }
            // What was kept comes first.
            subscriber.before.push_back(line);
        }
    }

    /// One that nothing is expected of.
    pub(crate) fn unready(at: SocketAddr, options: &[&str]) -> Self {
        let mut client = command("mosquitto_sub", at, options);
        let mut child = client
            .args(["-W", "60"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let stdout = child.stdout.take().expect("it is piped");
        let lines = BufReader::new(stdout).lines();
        let before = VecDeque::new();
        Self {
            child,
            lines,
            before,
        }
    }

    pub(crate) fn line(&mut self) -> String {
        let before = self.before.pop_front();
        before.unwrap_or_else(|| self.read())
    }

    fn read(&mut self) -> String {
        let line = self.lines.next().expect("a line in a minute");
        line.expect("a text")
    }

    pub(crate) fn lines(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.line()).collect()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// It says goodbye.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.expect("kill runs").success());
        until("its end", || self.child.try_wait().expect("it is ours"));
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
