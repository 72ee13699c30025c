//! A broker that wants to be sure who speaks, and a bridge that wants to be sure of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::common::authority::Authority;
use crate::common::now_ms;
use crate::common::paho::Phone;
use crate::common::{Pizza, until};
use crate::mqtt_bridge::broker::Mosquitto;
use crate::mqtt_bridge::world::{World, place};

const SECRET: &str = "open sesame";

/// An authority, and a certificate from it for a server and for a client.
fn certificates(dir: &Path) {
    let authority = Authority::new(dir, "ca");
    authority.issue(dir, "localhost");
    authority.issue(dir, "bridge");
}

/// TLS, client certificates, user and password.
fn mosquitto(files: TempDir) -> Mosquitto {
    let dir = files.path();
    let passwords = dir.join("passwords");
    let made = Command::new("mosquitto_passwd")
        .args(["-b", "-c"])
        .arg(&passwords)
        .args(["pizza", SECRET])
        .status();
    assert!(made.expect("mosquitto_passwd runs").success());
    let file = |name: &str| dir.join(name).display().to_string();
    let more = format!(
        "allow_anonymous false\npassword_file {}\ncafile {}\ncertfile {}\nkeyfile {}\n\
         require_certificate true\n",
        passwords.display(),
        file("ca.pem"),
        file("localhost.pem"),
        file("localhost.key"),
    );
    let (ca, certificate, key) = (file("ca.pem"), file("bridge.pem"), file("bridge.key"));
    let manners = [
        "--cafile",
        &ca,
        "--cert",
        &certificate,
        "--key",
        &key,
        "-u",
        "pizza",
        "-P",
        SECRET,
    ];
    Mosquitto::with(files, &more, "mqtts", &manners)
}

fn settings(dir: &Path, version: &str, password: &str, ca: &str) -> String {
    let file = |name: &str| dir.join(name).display().to_string();
    format!(
        "version = \"{version}\"\nuser = \"pizza\"\npassword = \"{password}\"\n\
         [bridge.tls]\nca = \"{}\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
        file(ca),
        file("bridge.pem"),
        file("bridge.key"),
    )
}

#[test]
fn a_bridge_with_a_certificate_and_a_password_is_let_in() {
    for version in ["3.1.1", "5"] {
        let files = tempfile::tempdir().expect("a directory");
        certificates(files.path());
        let more = settings(files.path(), version, SECRET, "ca.pem");
        // World::around returns once a message has come through.
        let world = World::around(mosquitto(files), &more);
        world
            .mosquitto
            .publish("pizza/drivers/d-1/location", &place(41.25, now_ms()));
        until("the position", || {
            (world.status("d-1")["location"]["lat"] == 41.25).then_some(())
        });
        assert!(world.pizza.stop().success());
    }
}

#[test]
fn a_phone_of_somebody_else_speaks_through_mosquitto() {
    for version in ["3.1.1", "5"] {
        let files = tempfile::tempdir().expect("a directory");
        certificates(files.path());
        let file = |name: &str| files.path().join(name).display().to_string();
        let manners = [
            ("--ca", file("ca.pem")),
            ("--certificate", file("bridge.pem")),
            ("--key", file("bridge.key")),
            ("--user", "pizza".to_owned()),
            ("--password", SECRET.to_owned()),
        ];
        let manners = manners
            .map(|(name, value)| [name.to_owned(), value])
            .concat();
        let more = settings(files.path(), version, SECRET, "ca.pem");
        let world = World::around(mosquitto(files), &more);
        let phone = Phone {
            port: world.mosquitto.port(),
            version,
            manners: &manners,
        };
        phone.lives(&world.pizza);
        let uninvited = Phone {
            manners: &manners[..2],
            ..phone
        };
        assert!(!uninvited.run("stranger", &[]).status.success());
    }
    let plain = World::new("");
    for version in ["3.1.1", "5"] {
        let phone = Phone {
            port: plain.mosquitto.port(),
            version,
            manners: &[],
        };
        phone.lives(&plain.pizza);
    }
}

#[test]
fn one_without_is_not_and_says_why_while_orders_go_on() {
    let files = tempfile::tempdir().expect("a directory");
    certificates(files.path());
    let strangers = tempfile::tempdir().expect("a directory");
    certificates(strangers.path());
    let foreign = strangers.path().join("ca.pem");
    fs::copy(foreign, files.path().join("foreign.pem")).expect("a copy");
    let wrong_password = settings(files.path(), "5", "sesame", "ca.pem");
    let wrong_authority = settings(files.path(), "5", SECRET, "foreign.pem");
    let mosquitto = mosquitto(files);
    for more in [wrong_password, wrong_authority] {
        let data = tempfile::tempdir().expect("a directory");
        let text = format!("[bridge]\nbroker = \"{}\"\n{more}", mosquitto.url());
        let file = data.path().join("pizza.toml");
        fs::write(&file, text).expect("a file");
        let config = file.display().to_string();
        let pizza = Pizza::start(data.path(), &["--config", &config]);
        until("an attempt that failed", || {
            let metrics = pizza.get("/metrics").text();
            let lost = "pizza_bridge_connections_lost_total ";
            let count = metrics.lines().find_map(|line| line.strip_prefix(lost));
            count.filter(|count| *count != "0").map(|_| ())
        });
        pizza.order();
        assert!(pizza.stop().success());
    }
}
