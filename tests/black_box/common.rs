//! A pizzeria in a process of its own, and a client that speaks to it over a socket.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) mod authority;
#[path = "../../actors/bundled.rs"]
#[allow(unreachable_pub, reason = "the build script uses it too")]
pub(crate) mod bundled;
#[path = "../../actors/compile.rs"]
#[allow(unreachable_pub, reason = "the build script uses it too")]
pub(crate) mod compile;
pub(crate) mod compiled;
pub(crate) mod hired;
pub(crate) mod machine;
pub(crate) mod operator;
pub(crate) mod page;
pub(crate) mod paho;
#[path = "../../host/store-redis/tests/servers/ports.rs"]
pub(crate) mod ports;
pub(crate) mod probe;
pub(crate) mod sse;

pub(crate) struct Pizza {
    child: Child,
    _machine: machine::Shared,
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// Where MQTT is served, unless it was told not to.
    pub(crate) mqtt: Option<SocketAddr>,
    pub(crate) mqtts: Option<SocketAddr>,
    /// By role.
    pub(crate) tokens: BTreeMap<String, String>,
}

impl Pizza {
    pub(crate) fn start(data: &Path, options: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", data, options)
    }

    /// Where it is told to listen; 0 is any free port.
    pub(crate) fn start_at(http: &str, data: &Path, options: &[&str]) -> Self {
        Self::start_logged(http, data, options, Stdio::inherit())
    }

    /// On a machine whose clock said this, in UTC, a moment ago.
    pub(crate) fn start_in(time: &str, data: &Path, options: &[&str]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_pizza"));
        program
            .env("LD_PRELOAD", fake_clock())
            .env("FAKETIME", format!("@{time}"))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("TZ", "UTC");
        Self::start_as(program, "127.0.0.1:0", data, options, Stdio::inherit())
    }

    /// On a machine whose date is the true one and what this file says, whenever it is asked.
    pub(crate) fn start_dated(offset: &Path, data: &Path, options: &[&str], log: Stdio) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_pizza"));
        program
            .env("LD_PRELOAD", fake_clock())
            .env("FAKETIME_TIMESTAMP_FILE", offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Self::start_as(program, "127.0.0.1:0", data, options, log)
    }

    pub(crate) fn start_logged(http: &str, data: &Path, options: &[&str], log: Stdio) -> Self {
        let program = Command::new(env!("CARGO_BIN_EXE_pizza"));
        Self::start_as(program, http, data, options, log)
    }

    /// By a command that ends in the program: with something preloaded, or elsewhere.
    pub(crate) fn start_as(
        mut program: Command,
        http: &str,
        data: &Path,
        options: &[&str],
        log: Stdio,
    ) -> Self {
        let machine = machine::share();
        // Tests keep other files beside a pizzeria's; nobody else may enter then.
        if data.exists() && !data.join("store").exists() {
            let owners = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(data, owners).expect("a directory of the test's");
        }
        compiled::lay_out(data);
        let mut child = program
            .args(["--http", http, "--https", "127.0.0.1:0"])
            .arg("--data")
            .arg(data)
            .args(own(options, "--mqtt", "127.0.0.1:0"))
            .args(own(options, "--mqtts", "off"))
            .args(own(options, "--admin", "127.0.0.1:0"))
            .args(options)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let banner: Vec<String> = (&mut lines)
            .take_while(|line| !line.starts_with("Order one"))
            .collect();
        compiled::keep(data);
        let words: Vec<Vec<&str>> = banner
            .iter()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let listed = |name: &str| -> Option<SocketAddr> {
            let line = words.iter().find(|words| words.first() == Some(&name))?;
            let host = line[1].split('/').nth(2).expect("an address");
            // A broker outside may have a name.
            host.parse().ok()
        };
        let address =
            |name: &str| listed(name).unwrap_or_else(|| panic!("no {name} address in {banner:?}"));
        let roles = [
            "customer", "driver", "kitchen", "manager", "admin", "observer",
        ];
        let tokens = words.iter().filter_map(|words| match words[..] {
            [role, token] if roles.contains(&role) => Some((role.to_owned(), token.to_owned())),
            _ => None,
        });
        Self {
            _machine: machine,
            http: address("API"),
            https: address("TLS"),
            admin: address("admin"),
            mqtt: listed("MQTT"),
            mqtts: listed("MQTTS"),
            tokens: tokens.collect(),
            child,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(self) {
        self.kill_now();
    }

    /// SIGKILL: the process has no chance to tidy up.
    pub(crate) fn kill_now(&self) {
        self.signal("-KILL");
    }

    /// Any signal.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// SIGKILL, and the data directory is free when it returns.
    pub(crate) fn kill_and_wait(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Whether the process has ended, by itself or by a signal.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().expect("it ends")
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> std::process::ExitStatus {
        self.terminate();
        self.wait()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        request(self.http, "GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        request(
            self.http,
            "POST",
            path,
            &[],
            Some(body.to_string().as_bytes()),
        )
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        request(
            self.http,
            "PUT",
            path,
            &[],
            Some(body.to_string().as_bytes()),
        )
    }

    /// What an inventory was ever given of something.
    pub(crate) fn supplied(&self, shop: &str, what: &str) -> u64 {
        let stock = self.get(&format!("/api/inventory/{shop}")).json();
        let lines = stock.as_array().or_else(|| stock["stock"].as_array());
        let mut lines = lines.into_iter().flatten();
        let line = lines.find(|line| line["ingredient"] == what);
        line.and_then(|line| line["supplied"].as_u64()).unwrap_or(0)
    }

    /// One Margherita; the order's id.
    pub(crate) fn order(&self) -> String {
        let body = serde_json::json!({"customerId": "customer-1", "pizzaType": "Margherita"});
        let answer = self.post("/api/orders", &body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["orderId"].as_str().expect("an id").to_owned()
    }
}

/// What every pizzeria of a test is told unless the test says otherwise.
fn own<'o>(options: &[&str], name: &'o str, value: &'o str) -> Vec<&'o str> {
    if options.contains(&name) {
        Vec::new()
    } else {
        vec![name, value]
    }
}

/// Debian's package `faketime`, in the folder of whichever machine this is.
fn fake_clock() -> std::path::PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a system");
    let library = |folder: std::io::Result<std::fs::DirEntry>| {
        let folder = folder.ok()?.path();
        Some(folder.join("faketime/libfaketimeMT.so.1")).filter(|library| library.exists())
    };
    let mut found = folders.filter_map(library);
    found
        .next()
        .expect("Debian's faketime; scripts/test installs it")
}

impl Drop for Pizza {
    fn drop(&mut self) {
        // A test that failed leaves it running otherwise.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let prefix = format!("{}:", name.to_ascii_lowercase());
        let mut lines = self.head.lines();
        let line = lines.find(|line| line.to_ascii_lowercase().starts_with(&prefix))?;
        Some(line[prefix.len()..].trim().to_owned())
    }
}

/// One request on a connection of its own.
pub(crate) fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Answer {
    let stream = TcpStream::connect(to).expect("it listens");
    exchange(stream, method, path, headers, body).expect("an answer")
}

/// One request on a connection that nobody has used; `None` when it breaks before there is an answer.
pub(crate) fn exchange(
    stream: TcpStream,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Option<Answer> {
    stream
        .set_read_timeout(Some(Duration::from_secs(40)))
        .expect("a timeout");
    exchange_until(stream, method, path, headers, body)
}

/// The same by whoever does not wait longer than the stream's own time.
pub(crate) fn exchange_until(
    mut stream: TcpStream,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Option<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if let Some(body) = body {
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            head += "content-type: application/json\r\n";
        }
        head += &format!("content-length: {}\r\n", body.len());
    }
    head += "\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    // A body that is refused by its length may not be read to its end.
    drop(stream.write_all(body.unwrap_or_default()));
    let mut reply = Vec::new();
    drop(stream.read_to_end(&mut reply));
    let end = reply.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&reply[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok())?;
    let body = reply[end + 4..].to_vec();
    Some(Answer { status, head, body })
}

/// By the clock that the pizzeria goes by, too.
#[allow(clippy::disallowed_methods, reason = "a phone has a clock of its own")]
pub(crate) fn now_ms() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().expect("it is after 1970");
    u64::try_from(since.as_millis()).expect("it is before the year 500,000,000")
}

/// Asks until the answer is as wanted, for at most half a minute.
pub(crate) fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_within(Duration::from_secs(30), what, ask)
}

/// The same for what takes longer on a busy machine.
pub(crate) fn until_within<T>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(started.elapsed() < limit, "waited in vain for {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
