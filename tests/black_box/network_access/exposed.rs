//! What a pizzeria gives to those who show nothing, by where it can be reached.

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::common::{Pizza, request};

/// With one door for everybody, and no other.
fn started(data: &Path, door: &str, address: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pizza"));
    program.arg("--data").arg(data);
    for (option, usual) in [
        ("--http", "127.0.0.1:0"),
        ("--https", "off"),
        ("--admin", "127.0.0.1:0"),
        ("--mqtt", "off"),
        ("--mqtts", "off"),
    ] {
        program.arg(option);
        program.arg(if option == door { address } else { usual });
    }
    program.output().expect("it runs")
}

#[test]
fn a_public_address_with_the_demos_tokens_is_refused_with_the_fix() {
    let data = tempfile::tempdir().expect("a directory");
    for option in ["--http", "--https"] {
        for address in ["0.0.0.0:0", "[::]:0"] {
            let output = started(&data.path().join("new"), option, address);
            assert!(!output.status.success(), "{option} {address}");
            let said = String::from_utf8_lossy(&output.stderr);
            for word in [option, address, "demo = false", "[[gateway.tokens]]"] {
                assert!(said.contains(word), "{option} {address}: {said}");
            }
        }
    }
    assert!(!data.path().join("new").exists(), "nothing was touched");
}

fn configured(data: &Path, config: &str, http: &str) -> Pizza {
    let file = data.join("pizza.toml");
    std::fs::write(&file, config).expect("written");
    let file = file.display().to_string();
    Pizza::start_at(http, &data.join("data"), &["--config", &file])
}

/// What somebody gets who is on this machine and shows nothing.
fn without_token(pizza: &Pizza) -> u16 {
    let list = request(pizza.http, "GET", "/api/restaurants", &[], None);
    list.status
}

#[test]
fn one_setting_switches_off_what_nobody_has_to_show_a_token_for() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(&data.path().join("open"), &[]);
    assert_eq!(without_token(&pizza), 200);
    let off = "[gateway]\nanonymous_on_loopback = false\n";
    let pizza = configured(data.path(), off, "127.0.0.1:0");
    assert_eq!(without_token(&pizza), 401);
    let live = request(pizza.http, "GET", "/health/live", &[], None);
    assert_eq!(live.status, 200);
}

#[test]
fn nobody_is_anonymous_once_a_listener_is_reached_from_elsewhere() {
    let data = tempfile::tempdir().expect("a directory");
    let config = "demo = false\n[[gateway.tokens]]\ntoken = \"a-token-of-the-test\"\n\
                  role = \"admin\"\nsubject = \"\"\n";
    let mut pizza = configured(data.path(), config, "0.0.0.0:0");
    pizza.http.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    assert_eq!(without_token(&pizza), 401, "not even on this machine");
    let token = ("authorization", "Bearer a-token-of-the-test");
    // By whatever name it is asked: who shows a token is no page's victim.
    for name in ["localhost", "pizza.example"] {
        let mut line = std::net::TcpStream::connect(pizza.http).expect("it listens");
        let head = format!(
            "GET /api/restaurants HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n{}: {}\r\n\r\n",
            token.0, token.1
        );
        std::io::Write::write_all(&mut line, head.as_bytes()).expect("sent");
        let answer = std::io::read_to_string(line).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
    }
    // From elsewhere, too, where this machine has an address for that.
    if let Some(outside) = outside() {
        pizza.http.set_ip(outside);
        assert_eq!(without_token(&pizza), 401);
    }
}

/// This machine's own address in a network; nothing is sent to find it.
fn outside() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[test]
fn whoever_guesses_tokens_to_sign_in_is_slowed_down() {
    let Some(outside) = outside() else {
        // On loopback there is no limit, for it would be one for everybody.
        return;
    };
    let data = tempfile::tempdir().expect("a directory");
    let config = "demo = false\n[gateway]\nrate_per_second = 1\nrate_burst = 5\n\
                  [[gateway.tokens]]\ntoken = \"a-token-of-the-test\"\nrole = \"admin\"\n";
    let mut pizza = configured(data.path(), config, "0.0.0.0:0");
    pizza.http.set_ip(outside);
    let guess = |token: &str| {
        let body = json!({"token": token}).to_string();
        let headers = [("content-type", "application/json")];
        let path = "/api/session";
        request(pizza.http, "POST", path, &headers, Some(body.as_bytes())).status
    };
    assert_eq!(guess("a-token-of-the-test"), 204);
    let told: Vec<u16> = (0..8)
        .map(|number| guess(&format!("guess-{number}")))
        .collect();
    assert_eq!(told[0], 401, "{told:?}");
    assert!(told.contains(&429), "{told:?}");
}

#[test]
fn a_page_over_tls_has_more_streams_than_six() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let mut browser = Command::new("node");
    browser.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/black_box/network_access/streams.mjs"
    ));
    browser.arg(pizza.https.to_string());
    let output = browser.output().expect("node runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told, json!({"open": 12, "status": 200, "protocol": "h2"}));
}
