//! TLS, names and passwords.

use std::process::Output;

use tempfile::TempDir;

use crate::common::Pizza;
use crate::common::authority::Authority;
use crate::mqtt_broker::client::command;
use crate::mqtt_broker::world::World;

/// One who may speak for every driver.
const USERS: &str = "[broker.users]\ndriver = { password = \"sesame\", role = \"admin\" }\n";

/// What `mosquitto_pub` says to the TLS listener.
fn tell(world: &World, driver: &str, options: &[&str]) -> Output {
    let at = world.pizza.mqtts.expect("MQTT is served with TLS");
    let topic = format!("pizza/drivers/{driver}/status");
    let mut client = command("mosquitto_pub", at, &["-q", "1", "-m", "available"]);
    // The name that is in the certificate; the last one counts.
    client.args(["-h", "localhost", "-t", &topic]).args(options);
    client.output().expect("it runs")
}

fn taken(world: &World, driver: &str, options: &[&str]) {
    let output = tell(world, driver, options);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{options:?}: {said}");
    assert_eq!(world.status(driver), "available");
}

fn refused(world: &World, driver: &str, options: &[&str]) {
    let output = tell(world, driver, options);
    assert!(!output.status.success(), "{options:?}");
    assert!(world.status(driver).is_null());
}

#[test]
fn without_a_certificate_the_gateways_is_shown() {
    let world = World::with("", &["--mqtts", "127.0.0.1:0"]);
    let made = world.dir.path().join("data/tls/certificate.pem");
    let made = made.to_str().expect("a path");
    for version in ["mqttv311", "mqttv5"] {
        taken(&world, version, &["--cafile", made, "-V", version]);
    }
    let other = tempfile::tempdir().expect("a directory");
    Authority::new(other.path(), "other");
    let other = other.path().join("other.pem");
    refused(
        &world,
        "wary",
        &["--cafile", other.to_str().expect("a path")],
    );
}

#[test]
fn a_client_may_have_to_show_a_certificate() {
    let dir: TempDir = tempfile::tempdir().expect("a directory");
    let files = dir.path();
    let ours = Authority::new(files, "ours");
    let strangers = Authority::new(files, "strangers");
    ours.issue(files, "server");
    ours.issue(files, "phone");
    strangers.issue(files, "stranger");
    let path = |name: &str| files.join(name).display().to_string();
    let config = format!(
        "[broker.mqtts]\ncertificate = {:?}\nkey = {:?}\nclient_ca = {:?}\n{USERS}",
        path("server.pem"),
        path("server.key"),
        path("ours.pem"),
    );
    let (ca, phone, phone_key) = (path("ours.pem"), path("phone.pem"), path("phone.key"));
    let (stranger, stranger_key) = (path("stranger.pem"), path("stranger.key"));
    let world = World::in_dir(dir, &config, &["--mqtts", "127.0.0.1:0"]);
    let user = ["-u", "driver", "-P", "sesame"];
    let shown = ["--cafile", &ca, "--cert", &phone, "--key", &phone_key];
    taken(&world, "ours", &[&shown[..], &user].concat());
    refused(&world, "bare", &[&["--cafile", &ca][..], &user].concat());
    let foreign = ["--cafile", &ca, "--cert", &stranger, "--key", &stranger_key];
    refused(&world, "foreign", &[&foreign[..], &user].concat());
    // A certificate does not stand for a password.
    refused(
        &world,
        "wrong",
        &[&shown[..], &["-u", "driver", "-P", "open"]].concat(),
    );
    refused(&world, "nameless", &shown);
}

#[test]
fn a_wrong_password_is_refused_on_the_plain_port_too() {
    let world = World::new(USERS);
    let topic = ["-q", "1", "-t", "pizza/drivers/d/status", "-m", "available"];
    let tell = |more: &[&str]| {
        let mut client = command("mosquitto_pub", world.mqtt(), &topic);
        client.args(more).status().expect("it runs").success()
    };
    for version in ["mqttv311", "mqttv5"] {
        for wrong in [
            &["-u", "driver", "-P", "Sesame"][..],
            &["-u", "driver"],
            &["-u", "internal", "-P", "sesame"],
            &[],
        ] {
            assert!(!tell(&[&["-V", version], wrong].concat()), "{wrong:?}");
        }
        assert!(world.status("d").is_null());
    }
    assert!(tell(&["-u", "driver", "-P", "sesame"]));
    assert_eq!(world.status("d"), "available");
}

/// What it says, which is no banner.
fn fails(options: &[&str], config: &str) -> String {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("pizza.toml");
    std::fs::write(&file, config).expect("a file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["--http", "127.0.0.1:0", "--https", "off"])
        .args(["--admin", "127.0.0.1:0", "--data"])
        .arg(dir.path().join("data"))
        .arg("--config")
        .arg(&file)
        .args(options)
        .output()
        .expect("the binary runs");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn doors_that_cannot_be_opened_say_why() {
    let world = World::new("");
    let taken = world.mqtt().to_string();
    let said = fails(&["--mqtt", &taken, "--mqtts", "off"], "");
    assert!(
        said.contains("--mqtt takes another address, or off"),
        "{said}"
    );
    let said = fails(&["--mqtt", "off", "--mqtts", &taken], "");
    assert!(
        said.contains("--mqtts takes another address, or off"),
        "{said}"
    );
    let said = fails(&["--mqtt", "0.0.0.0:0", "--mqtts", "off"], "");
    assert!(said.contains("broker.users must be set"), "{said}");
    let said = fails(
        &["--mqtt", "127.0.0.1:0"],
        "[broker.users]\nphone = \"sesame\"\n",
    );
    assert!(said.contains("broker.default_role"), "{said}");
    assert!(!said.contains("sesame"), "{said}");
    let half = "[broker.mqtts]\ncertificate = \"x.pem\"\n";
    let said = fails(&["--mqtt", "off", "--mqtts", "127.0.0.1:0"], half);
    assert!(said.contains("`certificate` and `key` together"), "{said}");
}

#[test]
fn where_another_broker_is_configured_ours_is_off_unless_asked_for() {
    let config = "[bridge]\nbroker = \"mqtt://127.0.0.1:1\"\n";
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("pizza.toml");
    let start = |config: &str| -> Pizza {
        std::fs::write(&file, config).expect("a file");
        let file = file.display().to_string();
        Pizza::start(&dir.path().join("data"), &["--config", &file])
    };
    let pizza = start(config);
    assert_eq!(pizza.mqtt.map(|at| at.port()), Some(1));
    assert!(pizza.stop().success());
    let pizza = start(&format!("{config}[broker]\non = true\n"));
    let at = pizza.mqtt.expect("ours");
    crate::mqtt_broker::client::publish(at, &["-q", "1", "-t", "x", "-m", "y"]);
    assert!(pizza.stop().success());
    let pizza = start("[broker]\non = false\n");
    assert_eq!(pizza.mqtt, None);
    assert!(pizza.stop().success());
}
