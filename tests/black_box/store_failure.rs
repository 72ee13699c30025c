//! A store that has stopped: readiness says so and why, the process ends with an exit code of
//! its own, and nothing that was acknowledged is lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Pizza, request, until};

const EXIT_CODE: i32 = 74;
const GRACE: Duration = Duration::from_millis(2_500);
/// Orders that must have been acknowledged before and without them the test says nothing.
const ACKNOWLEDGED_MIN: usize = 60;
const CLIENTS: usize = 6;
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pizza");

/// One connection that is kept: when descriptors run out, nobody gets another one.
pub(crate) struct Line(BufReader<TcpStream>);

impl Line {
    pub(crate) fn open(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).expect("it listens");
        let wait = Some(Duration::from_secs(60));
        stream.set_read_timeout(wait).expect("a timeout");
        Self(BufReader::new(stream))
    }

    /// `None` when the connection has ended.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes()).ok()?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let status = head.get(9..12)?.parse().ok()?;
        let lower = head.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1)?.lines().next()?;
        let mut body = vec![0; length.trim().parse().ok()?];
        self.0.read_exact(&mut body).ok()?;
        Some((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// Whether a metric has this value. Its help may begin with the same words.
pub(crate) fn tells(metrics: &str, line: &str) -> bool {
    metrics.lines().any(|told| told == line)
}

#[derive(Default)]
struct Seen {
    acknowledged: Mutex<Vec<String>>,
    /// When an order was first refused by the server.
    refused: Mutex<Option<Instant>>,
    /// When readiness first said no, and what it said.
    not_ready: Mutex<Option<(Instant, String)>>,
    over: AtomicBool,
}

impl Seen {
    fn count(&self) -> usize {
        self.acknowledged.lock().expect("unpoisoned").len()
    }
}

fn order_for_ever(at: SocketAddr, seen: &Seen) {
    let mut line = Line::open(at);
    let items = r#"{"pizzaType": "Margherita", "quantity": 1}"#;
    let items = vec![items; 20].join(",");
    let address = "Via dei Tribunali ".repeat(10);
    let body = format!(
        r#"{{"customerId": "customer-1", "restaurantId": "napoli", "items": [{items}],
            "deliveryAddress": "{address}"}}"#
    );
    while !seen.over.load(Ordering::Relaxed) {
        let Some((status, answer)) = line.ask("POST", "/api/orders", &body) else {
            return;
        };
        if status == 201 {
            let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
            let order = answer["orderId"].as_str().expect("an id").to_owned();
            seen.acknowledged.lock().expect("unpoisoned").push(order);
        } else if status >= 500 {
            let mut refused = seen.refused.lock().expect("unpoisoned");
            refused.get_or_insert_with(Instant::now);
            drop(refused);
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}

fn watch(at: SocketAddr, seen: &Seen) {
    let mut line = Line::open(at);
    while !seen.over.load(Ordering::Relaxed) {
        let Some((status, answer)) = line.ask("GET", "/health/ready", "") else {
            return;
        };
        if status != 200 {
            let mut not_ready = seen.not_ready.lock().expect("unpoisoned");
            not_ready.get_or_insert_with(|| (Instant::now(), answer));
        }
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Runs into the fault, and checks what is promised. `new` starts a process on the same data.
fn run_into(
    mut pizza: Pizza,
    fault: impl FnOnce(&Pizza),
    reason: &[&str],
    again: impl FnOnce() -> Pizza,
) {
    let seen = Seen::default();
    let at = pizza.http;
    let admin = pizza.admin;
    let status = thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| order_for_ever(at, &seen));
        }
        scope.spawn(|| watch(at, &seen));
        until("enough orders to be acknowledged", || {
            (seen.count() >= ACKNOWLEDGED_MIN).then_some(())
        });
        fault(&pizza);
        let begun = Instant::now();
        while seen.not_ready.lock().expect("unpoisoned").is_none() {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "the fault was never met; {} orders",
                seen.count()
            );
            thread::park_timeout(Duration::from_millis(10));
        }
        let metrics = request(at, "GET", "/metrics", &[], None).text();
        assert!(tells(&metrics, "pizza_store_stopped 1"), "{metrics}");
        let ready = request(admin, "GET", "/health/ready", &[], None);
        assert_eq!(ready.status, 503, "{}", ready.text());
        let status = pizza.wait();
        seen.over.store(true, Ordering::Relaxed);
        status
    });
    let ended = Instant::now();
    let not_ready = seen.not_ready.lock().expect("unpoisoned").take();
    let (told_at, told) = not_ready.expect("it was told");
    assert_eq!(status.code(), Some(EXIT_CODE), "{told}");
    assert!(told.contains("the store has stopped"), "{told}");
    let names_it = reason.iter().any(|reason| told.contains(reason));
    assert!(names_it, "no reason of {reason:?} in {told}");
    let refused = seen.refused.lock().expect("unpoisoned").take();
    if let Some(refused_at) = refused {
        let late = told_at.saturating_duration_since(refused_at);
        assert!(late < Duration::from_secs(1), "told after {late:?}");
    }
    let stayed = ended - told_at;
    let room = Duration::from_millis(500);
    assert!(stayed + room > GRACE, "it was gone after {stayed:?}");
    assert!(stayed < GRACE + Duration::from_secs(15), "{stayed:?}");

    let acknowledged = seen.acknowledged.into_inner().expect("unpoisoned");
    assert!(acknowledged.len() >= ACKNOWLEDGED_MIN);
    let pizza = again();
    assert_eq!(pizza.get("/health/ready").status, 200);
    let mut line = Line::open(pizza.http);
    for order in &acknowledged {
        let answer = line.ask("GET", &format!("/api/orders/{order}"), "");
        let (status, answer) = answer.expect("an answer");
        assert_eq!(status, 200, "{order} was acknowledged: {answer}");
    }
    assert!(pizza.stop().success());
}

fn config(dir: &Path) -> String {
    let grace = GRACE.as_millis();
    let text =
        format!("[gateway]\nrate_per_second = 0\n[silo.store]\nstopped_grace_ms = {grace}\n");
    let path = dir.join("pizza.toml");
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

pub(crate) fn start(command: Command, data: &Path, config: &str) -> Pizza {
    let options = ["--config", config, "--log", "warn"];
    Pizza::start_as(command, "127.0.0.1:0", data, &options, Stdio::inherit())
}

/// The shim, and how it is told.
pub(crate) fn faulty_disk(dir: &Path) -> Command {
    let shim = dir.join("faulty_disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/black_box/common/faulty_disk.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&shim)
        .arg(source)
        .status();
    assert!(compiled.expect("cc runs").success());
    let mut command = Command::new(BINARY);
    command
        .env("LD_PRELOAD", shim)
        .env("FAULT", dir.join("fault"));
    command
}

#[test]
fn a_disk_that_does_not_sync_ends_the_process_and_loses_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let pizza = start(faulty_disk(dir.path()), data.path(), &config);
    run_into(
        pizza,
        |_| std::fs::write(dir.path().join("fault"), "s").expect("written"),
        &["Input/output error"],
        || start(Command::new(BINARY), data.path(), &config),
    );
}
