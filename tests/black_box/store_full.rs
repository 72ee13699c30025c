//! A disk without a byte left, and a process that can open nothing: what needs room is refused with 507,
//! reads go on, nothing that was acknowledged is lost, and all is as before when there is room. The
//! process stays the same. Over MQTT it waits, and publishers are held back.

#![allow(clippy::print_stdout, reason = "what was not tried is told")]

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Pizza, request, until, until_within};
use crate::mqtt_broker::raw::{Raw, packet, text};
use crate::store_failure::{BINARY, Line, faulty_disk, start, tells};

/// Orders that must have been acknowledged before the fault, and after it.
const ACKNOWLEDGED_MIN: usize = 60;
/// Requests that must have been refused for want of room.
const REFUSED_MIN: usize = 20;
const CLIENTS: usize = 6;
const MANY: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Seen {
    acknowledged: Mutex<Vec<String>>,
    /// How many were refused with 507.
    full: AtomicUsize,
    /// Whatever else was not as it should be.
    odd: Mutex<Option<String>>,
    over: AtomicBool,
}

impl Seen {
    fn count(&self) -> usize {
        self.acknowledged.lock().expect("unpoisoned").len()
    }

    fn check(&self) {
        let odd = self.odd.lock().expect("unpoisoned").clone();
        assert_eq!(odd, None);
    }
}

/// Ends those who order, also when the test fails.
struct Over<'a>(&'a Seen);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
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
            // It is not for ever; where nobody gets another one, the others go on.
            line = Line::open(at);
            continue;
        };
        match status {
            201 => {
                let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
                let order = answer["orderId"].as_str().expect("an id").to_owned();
                seen.acknowledged.lock().expect("unpoisoned").push(order);
            }
            507 => {
                let is_told = answer.contains("storage-full");
                seen.full.fetch_add(usize::from(is_told), Ordering::Relaxed);
                thread::park_timeout(MANY);
            }
            // The stock has no end, but an order waits for its inventory, which is refused for the
            // same reason and tells it in words of its own.
            409 | 503 => thread::park_timeout(MANY),
            _ => {
                let told = format!("{status}: {answer}");
                seen.odd.lock().expect("unpoisoned").get_or_insert(told);
            }
        }
    }
}

/// Runs into the fault and out of it. One of `what` is in the reason that is told.
fn run_into(pizza: Pizza, what: &[&str], fault: impl FnOnce(&Pizza), mend: impl FnOnce(&Pizza)) {
    let seen = Seen::default();
    let at = pizza.http;
    // Connections of before: where descriptors have run out, nobody gets another one.
    let mut line = Line::open(at);
    thread::scope(|scope| {
        let _over = Over(&seen);
        for _ in 0..CLIENTS {
            scope.spawn(|| order_for_ever(at, &seen));
        }
        until("enough orders to be acknowledged", || {
            seen.check();
            (seen.count() >= ACKNOWLEDGED_MIN).then_some(())
        });
        fault(&pizza);
        // Where nobody says how much is free, a segment of the log has to be filled first.
        until_within(Duration::from_secs(150), "orders to be refused", || {
            seen.check();
            // A connection that says nothing for a minute is closed.
            line.ask("GET", "/health/live", "").expect("an answer");
            (seen.full.load(Ordering::Relaxed) >= REFUSED_MIN).then_some(())
        });
        let (status, ready) = line.ask("GET", "/health/ready", "").expect("an answer");
        assert_eq!(status, 200, "{ready}");
        let is_told = what.iter().any(|what| ready.contains(what));
        assert!(is_told, "no {what:?} in {ready}");
        let (_, metrics) = line.ask("GET", "/metrics", "").expect("an answer");
        assert!(tells(&metrics, "pizza_store_full 1"), "{metrics}");
        let before = seen.acknowledged.lock().expect("unpoisoned").clone();
        for order in &before {
            let read = line.ask("GET", &format!("/api/orders/{order}"), "");
            let (status, answer) = read.expect("an answer");
            assert_eq!(status, 200, "{order} cannot be read: {answer}");
        }
        mend(&pizza);
        let enough = seen.count() + ACKNOWLEDGED_MIN;
        until("orders to be taken again", || {
            seen.check();
            (seen.count() >= enough).then_some(())
        });
    });
    let metrics = request(at, "GET", "/metrics", &[], None).text();
    assert!(tells(&metrics, "pizza_store_full 0"), "{metrics}");
    assert!(tells(&metrics, "pizza_store_stopped 0"), "{metrics}");
    for order in seen.acknowledged.into_inner().expect("unpoisoned") {
        let read = line.ask("GET", &format!("/api/orders/{order}"), "");
        let (status, answer) = read.expect("an answer");
        assert_eq!(status, 200, "{order} was acknowledged: {answer}");
    }
    assert!(pizza.stop().success());
}

/// A reserve that fits on a small disk.
fn config(dir: &Path) -> String {
    let text =
        "[gateway]\nrate_per_second = 0\n[silo.store]\nreserve_mib = 16\nfree_mib_min = 24\n";
    let path = dir.join("pizza.toml");
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

/// A small file system of its own, as long as this lives.
struct SmallDisk(Child);

impl SmallDisk {
    /// `None` where this user may not mount anything.
    fn mount(at: &Path) -> Option<Self> {
        let mount =
            r#"mount -t tmpfs -o size=192m,mode=700 tmpfs "$0" && echo mounted && exec cat"#;
        let mut holder = Command::new("unshare")
            .args(["-rm", "sh", "-c", mount])
            .arg(at)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = String::new();
        let out = holder.stdout.take()?;
        BufReader::new(out).read_line(&mut said).ok()?;
        let disk = Self(holder);
        (said == "mounted\n").then_some(disk)
    }

    fn pizza(&self) -> Command {
        let mut command = Command::new("nsenter");
        let holder = self.0.id().to_string();
        command.args(["--preserve-credentials", "-U", "-m", "-t", &holder, BINARY]);
        command
    }

    fn filler(&self, at: &Path) -> std::path::PathBuf {
        let root = format!("/proc/{}/root", self.0.id());
        Path::new(&root).join(at.join("filler").strip_prefix("/").expect("absolute"))
    }

    /// Leaves no byte.
    fn fill(&self, at: &Path) {
        let mut file = std::fs::File::create(self.filler(at)).expect("a file");
        for piece in [1 << 20, 4_096, 1] {
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_full_disk_refuses_what_needs_room_until_there_is_some() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let Some(disk) = SmallDisk::mount(data.path()) else {
        println!("nobody may mount a small disk here: the next test alone has a full one");
        return;
    };
    run_into(
        start(disk.pizza(), data.path(), &config),
        // The log may be the first to notice.
        &["MiB are free on the disk", "No space left on device"],
        |_| disk.fill(data.path()),
        |_| std::fs::remove_file(disk.filler(data.path())).expect("removed"),
    );
}

/// What MQTT 5 has for it: the server is busy.
const BUSY: u8 = 0x89;
const BEHIND: Duration = Duration::from_millis(1_500);

/// One that speaks version 5.
fn oven(at: SocketAddr) -> Raw {
    let mut oven = Raw::open(at);
    // A clean start, a keep-alive of 60 s, no properties.
    let head = [text(b"MQTT"), vec![5, 2, 0, 60, 0]].concat();
    oven.send(&packet(0x10, &[head, text(b"oven")].concat()));
    let (first, body) = oven.packet();
    assert_eq!((first, body[1]), (0x20, 0), "{body:?}");
    oven
}

/// An oven that gets hotter by a degree each time.
fn heat(oven: &mut Raw, degrees: u16) {
    let said = format!(r#"{{"ovenId": "left", "temperature": {degrees}}}"#);
    // No properties.
    let payload = [&[0], said.as_bytes()].concat();
    oven.publish(degrees, 2, "pizza/kitchen/napoli/oven", &payload);
}

#[test]
fn what_a_full_disk_has_no_room_for_is_not_acknowledged_over_mqtt_and_waits() {
    const FITS: u16 = 8;
    let dir = tempfile::tempdir().expect("a directory");
    let data = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let behind_ms = BEHIND.as_millis();
    let stored = std::fs::read_to_string(&config).expect("read");
    let limits = format!("queue_max = {}\nbehind_ms_max = {behind_ms}\n", FITS / 2);
    let bridge = format!("[bridge]\nin_flight = {}\n", FITS / 2);
    let text = format!("{stored}{bridge}[broker.limits]\n{limits}");
    std::fs::write(&config, text).expect("written");
    let Some(disk) = SmallDisk::mount(data.path()) else {
        println!("nobody may mount a small disk here: no oven has met a full one");
        return;
    };
    let pizza = start(disk.pizza(), data.path(), &config);
    let degrees = || {
        let kitchen = pizza.get("/api/kitchen/napoli/status").json();
        kitchen["ovens"][0]["temperature"].as_f64()
    };
    let full = |gauge: &str| {
        let metrics = request(pizza.http, "GET", "/metrics", &[], None).text();
        tells(&metrics, &format!("pizza_store_full {gauge}")).then_some(())
    };
    let mqtt = pizza.mqtt.expect("MQTT is served");
    let mut first = oven(mqtt);
    heat(&mut first, 1);
    assert_eq!(first.packet(), (0x40, vec![0, 1]), "there is room");
    assert_eq!(degrees(), Some(1.0));

    disk.fill(data.path());
    until("the store to be full", || full("1"));
    let begun = Instant::now();
    for id in 2..2 + 2 * FITS {
        heat(&mut first, id);
    }
    // Nothing before it: none of them is acknowledged.
    let (kind, body) = first.packet();
    assert_eq!((kind, body.first()), (0xe0, Some(&BUSY)), "{body:?}");
    let waited = begun.elapsed();
    assert!(waited >= BEHIND, "held back for {waited:?} only");
    assert_eq!(degrees(), Some(1.0), "reads go on");

    std::fs::remove_file(disk.filler(data.path())).expect("removed");
    until("the store to have room", || full("0"));
    // What the broker had taken was not lost for that it was not acknowledged.
    let last = f64::from(1 + FITS);
    until("what waited", || (degrees() == Some(last)).then_some(()));
    let mut again = oven(mqtt);
    heat(&mut again, 80);
    assert_eq!(again.packet(), (0x40, vec![0, 80]), "as before");
    assert_eq!(degrees(), Some(80.0));
    assert!(pizza.stop().success());
}

/// The same without a disk of its own: nobody is told how much is free, but what needs blocks fails.
#[test]
fn a_disk_that_gives_no_blocks_refuses_what_needs_room_until_it_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let fault = dir.path().join("fault");
    run_into(
        start(faulty_disk(dir.path()), data.path(), &config),
        &["No space left on device"],
        |_| std::fs::write(&fault, "f").expect("written"),
        |_| std::fs::remove_file(&fault).expect("removed"),
    );
}

#[test]
fn a_process_without_descriptors_refuses_what_needs_room_until_it_has_some() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let limit = |pizza: &Pizza, soft: &str| {
        // What is open stays open; nothing else can be opened. The hard limit stays as it is, so
        // that nobody needs to be root to take it back.
        let limited = Command::new("prlimit")
            .args([
                "--pid",
                &pizza.id().to_string(),
                &format!("--nofile={soft}:"),
            ])
            .status();
        assert!(limited.expect("prlimit runs").success());
    };
    run_into(
        start(Command::new(BINARY), data.path(), &config),
        &["Too many open files"],
        |pizza| limit(pizza, "8"),
        |pizza| limit(pizza, "1024"),
    );
}
