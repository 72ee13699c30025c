//! Phones whose broker wants to know who they are, and shows who it is.

use std::path::Path;
use std::process::Command;

use crate::common::authority::Authority;
use crate::mqtt_bridge::broker::Mosquitto;
use crate::simulate::world::{World, interrupt, report};

const SECRET: &str = "open sesame";

/// An authority, and the broker's certificate from it.
fn certificates(dir: &Path) {
    let authority = Authority::new(dir, "ca");
    authority.issue(dir, "broker");
}

#[test]
fn phones_prove_who_they_are_and_want_the_same_of_their_broker() {
    let files = tempfile::tempdir().expect("a directory");
    certificates(files.path());
    let strangers = tempfile::tempdir().expect("a directory");
    certificates(strangers.path());
    let file = |name: &str| files.path().join(name).display().to_string();
    let (passwords, ca) = (file("passwords"), file("ca.pem"));
    let made = Command::new("mosquitto_passwd")
        .args(["-b", "-c", &passwords, "pizza", SECRET])
        .status();
    assert!(made.expect("mosquitto_passwd runs").success());
    let (certificate, key) = (file("broker.pem"), file("broker.key"));
    let more = format!(
        "allow_anonymous false\npassword_file {passwords}\n\
         certfile {certificate}\nkeyfile {key}\n"
    );
    let login = format!("user = \"pizza\"\npassword = \"{SECRET}\"\n[bridge.tls]\nca = \"{ca}\"\n");
    let mosquitto = Mosquitto::with(files, &more, "mqtts", &[]);
    let world = World::around(mosquitto, &login, &[]);

    let shift = |password: &str, ca: &str| {
        let mut command = world.drivers(&["--count", "1", "--mqtt-user", "pizza"]);
        command.args(["--mqtt-ca", ca, "--mqtt-password", password]);
        command.spawn().expect("it starts")
    };
    let at_work = shift(SECRET, &ca);
    world.until_status("sim-1", "available");
    interrupt(&at_work);
    report(&at_work.wait_with_output().expect("it ends"));
    world.until_status("sim-1", "offline");

    let foreign = strangers.path().join("ca.pem").display().to_string();
    for (password, ca, why) in [
        ("sesame", ca.as_str(), "--mqtt-password"),
        (SECRET, foreign.as_str(), "no MQTT broker answers"),
        (SECRET, "nowhere.pem", "--mqtt-ca nowhere.pem"),
    ] {
        let output = shift(password, ca).wait_with_output().expect("it ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{errors}");
        assert!(errors.contains(why), "no {why} in {errors}");
        assert!(!errors.contains(SECRET), "{errors}");
    }
}
