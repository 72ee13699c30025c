//! Who opens connections and says nothing, or says nothing but frames, keeps nobody out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Pizza, request, until};

const FRAMES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/black_box/network_access/frames.mjs"
);

/// Descriptors that the system lets it have: far fewer than come.
const DESCRIPTORS: usize = 700;
const IDLE: usize = 2_000;
/// Anybody who waits longer than this is kept out.
const SOON: Duration = Duration::from_secs(10);

/// In a process that may open few files, as with many default limits and a large flood.
fn confined(data: &Path) -> Pizza {
    let mut shell = Command::new("sh");
    let script = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_pizza")]);
    Pizza::start_as(shell, "127.0.0.1:0", data, &[], Stdio::inherit())
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&to, SOON).expect("it listens");
    stream.set_read_timeout(Some(SOON)).expect("a timeout");
    stream
}

fn ask(stream: &mut TcpStream, path: &str, token: &str) -> String {
    let head =
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).expect("an answer in time");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_flood_of_idle_connections_keeps_nobody_out_and_the_store_goes_on() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = confined(data.path());
    let token = std::fs::read_to_string(data.path().join("admin-token")).expect("a token");
    let token = token.trim();
    let mut operator = connect(pizza.admin);
    assert_eq!(ask(&mut operator, "/stats", token), "HTTP/1.1 200 OK");
    let descriptors = || {
        let folder = format!("/proc/{}/fd", pizza.id());
        std::fs::read_dir(folder).expect("its descriptors").count()
    };
    let before = descriptors();
    for door in [pizza.admin, pizza.http, pizza.https] {
        let idle: Vec<TcpStream> = (0..IDLE).map(|_| connect(door)).collect();
        // It has come in: as many as fit are held, and the rest was shown out. The operators' door
        // has the smallest part of the 350 that are left for connections, 38.
        until("the flood is in", || {
            (descriptors() > before + 30).then_some(())
        });
        for address in [pizza.http, pizza.admin] {
            let begun = Instant::now();
            let answer = request(address, "GET", "/health/ready", &[], None);
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert!(begun.elapsed() < SOON, "kept out for {:?}", begun.elapsed());
        }
        pizza.order();
        let held = descriptors();
        assert!(held < DESCRIPTORS, "{held} descriptors of {DESCRIPTORS}");
        drop(idle);
    }
    // Anybody who has shown a token was never shown out.
    let rest = ask_rest(&mut operator, token);
    assert!(rest.contains("HTTP/1.1 200"), "{rest}");
    assert!(pizza.stop().success());
}

/// After what is left of the last answer, another one.
fn ask_rest(stream: &mut TcpStream, token: &str) -> String {
    let head = format!(
        "GET /stats HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it is still open");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).expect("in time");
    rest
}

fn frames(pizza: &Pizza, what: &str) -> Value {
    let mut node = Command::new("node");
    node.args([FRAMES, &pizza.https.to_string(), what]);
    let output = node.output().expect("node runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {errors}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn whoever_sends_nothing_but_frames_is_told_to_be_calm() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    for what in ["ping", "settings", "priority", "window", "unknown"] {
        let told = frames(&pizza, what);
        // RFC 9113, 7: ENHANCE_YOUR_CALM.
        assert_eq!(told["goaway"], json!(11), "{what}: {told}");
        let answered = told["answered"].as_u64().expect("a count");
        assert!(answered < 5_000, "{what}: {told}");
    }
    // These the HTTP library counts by itself; what it says is lost if more is on its way.
    let told = frames(&pizza, "empty-data");
    assert_eq!(told["closed"], json!(true), "{told}");
    // Many requests on one connection, each with frames about it, are what it is for.
    let told = frames(&pizza, "requests");
    assert_eq!(
        (&told["goaway"], &told["answered"]),
        (&json!(null), &json!(2_000)),
        "{told}"
    );
    let order = pizza.order();
    assert!(order.starts_with("order-"));
}
