//! An actor that remembers what it was told, in order.

use std::path::Path;

use serde_json::Value;

use super::Pizza;
use super::compile;
use super::operator::{run, succeeded};

/// `{"note": "…"}` on a topic of its own.
pub(crate) const MAPPING: &str = r#"
[[bridge.inbound]]
topic = "drivers/{driver}/notes"
actor = "probe"
key = "{driver}"
method = "act"
id = "content"
arguments = { steps = [{ note = "$/note" }] }
"#;

/// A custom section that asks for what the probe imports.
pub(crate) fn manifest() -> Vec<u8> {
    let name = "silo:manifest";
    let asks = r#"{"calls": ["probe.*"], "publishes": ["probes"], "config": true, "timers": true, "reminders": true}"#;
    let byte = |length: usize| u8::try_from(length).expect("a small section");
    // The section's length is above 127, so it takes two bytes.
    let length = 1 + name.len() + asks.len();
    let mut section = vec![0, byte(length & 0x7f) | 0x80, byte(length >> 7)];
    section.push(byte(name.len()));
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(asks.as_bytes());
    section
}

/// Lets it serve; `data` is the pizzeria's, and `files` takes what is pushed.
pub(crate) fn push(pizza: &Pizza, data: &Path, files: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = compile::compile(root, &["probe"]).expect("the actor builds");
    let mut module = std::fs::read(built.join(compile::file("probe"))).expect("a module");
    module.extend(manifest());
    let file = files.join("probe.wasm");
    std::fs::write(&file, module).expect("a file");
    let file = file.display().to_string();
    let words = ["module", "push", &file, "--type", "probe", "--activate"];
    succeeded(&run(pizza, data, &words));
}

pub(crate) fn notes(pizza: &Pizza, data: &Path, driver: &str) -> Vec<usize> {
    let target = format!("probe/{driver}");
    let words = ["actor", "call", &target, "read", "--json"];
    let text = succeeded(&run(pizza, data, &words));
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let notes = answer["reply"]["notes"].as_array().expect("notes").clone();
    let number = |note: &Value| note.as_str().and_then(|n| n.parse().ok());
    notes.iter().map(|n| number(n).expect("a number")).collect()
}
