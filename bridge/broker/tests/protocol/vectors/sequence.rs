//! A sequence of packets, as Mosquitto's files have it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub(super) struct Sequence {
    pub(super) name: String,
    pub(super) version: u8,
    /// Whether the client is let in first, by an ordinary CONNECT.
    pub(super) connects: bool,
    pub(super) steps: Vec<Step>,
    /// Whether the broker has to close the connection afterwards; it must not otherwise.
    pub(super) closes: bool,
}

pub(super) enum Step {
    Send(Vec<u8>),
    Expect(Vec<u8>),
    /// Another client publishes.
    Publish {
        topic: String,
        qos: u8,
        payload: String,
    },
}

/// Where the files are; they are fetched when they are not there.
pub(super) fn folder() -> PathBuf {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scripts/mosquitto-vectors"
    );
    let output = Command::new(script).output().expect("the script runs");
    assert!(output.status.success(), "{output:?}");
    let path = String::from_utf8(output.stdout).expect("a path");
    PathBuf::from(path.trim())
}

/// All of one file.
pub(super) fn read(file: &Path) -> Vec<Sequence> {
    let text = fs::read_to_string(file).expect("a file");
    let groups: Value = serde_json::from_str(&text).expect("JSON");
    let groups = groups.as_array().expect("groups");
    let of_group = |group: &Value| {
        let tests = group["tests"].as_array().expect("sequences").clone();
        let name = word(&group["group"]).to_owned();
        tests.into_iter().map(move |test| sequence(&name, &test))
    };
    groups.iter().flat_map(of_group).collect()
}

fn sequence(group: &str, test: &Value) -> Sequence {
    let flag = |key: &str| test[key].as_bool().unwrap_or(true);
    let version = test["ver"].as_u64().unwrap_or(4);
    Sequence {
        name: format!("{group} {}", word(&test["name"])),
        version: u8::try_from(version).expect("a version"),
        connects: flag("connect"),
        closes: flag("expect_disconnect"),
        steps: test["msgs"]
            .as_array()
            .expect("steps")
            .iter()
            .map(step)
            .collect(),
    }
}

fn step(step: &Value) -> Step {
    let payload = word(&step["payload"]);
    match word(&step["type"]) {
        "send" => Step::Send(bytes(payload)),
        "recv" => Step::Expect(bytes(payload)),
        "publish" => Step::Publish {
            topic: word(&step["topic"]).to_owned(),
            qos: u8::try_from(step["qos"].as_u64().expect("a QoS")).expect("a QoS"),
            payload: payload.to_owned(),
        },
        other => panic!("an unknown step: {other}"),
    }
}

fn word(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    let byte = |pair: &[u32]| u8::try_from(pair[0] << 4 | pair[1]).expect("a byte");
    digits.chunks(2).map(byte).collect()
}
