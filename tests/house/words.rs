//! Words of our own that were given up for the field's (`docs/glossary.md`) do not come back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Names as they stood in the code, whole.
const GIVEN_UP: [&str; 39] = [
    "Papers",
    "papers",
    "Desk",
    "desk",
    "Manner",
    "HostPart",
    "Gauges",
    "Buried",
    "bury",
    "let_go",
    "Verdict",
    "Fate",
    "Breaking",
    "is_trial",
    "on_trial",
    "troubled",
    "refuse_if_resting",
    "turn_input",
    "ask_about_itself",
    "Wheel",
    "Turned",
    "Hall",
    "Wish",
    "House",
    "HOUSE_PLACES",
    "send_kept",
    "DoorConfig",
    "Door",
    "Courier",
    "Rider",
    "Riders",
    "Patient",
    "Lively",
    "LivelyConfig",
    "set_aside",
    "set_aside_again",
    "use_up",
    "put_back",
    "warn_below",
];

fn texts(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                texts(&path, found);
            }
        } else if [".rs", ".wit", ".md"].iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
}

#[test]
fn words_that_were_given_up_stay_away() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    texts(root, &mut files);
    assert!(files.len() > 500, "only {} files were found", files.len());
    // They tell what was, or what is not to be.
    let told = ["CHANGELOG.md", "docs/glossary.md", "tests/house/words.rs"];
    let given_up: BTreeSet<&str> = GIVEN_UP.into_iter().collect();
    let mut found = Vec::new();
    for file in &files {
        let name = file
            .strip_prefix(root)
            .expect("below")
            .display()
            .to_string();
        if told.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(file).expect("a text");
        for (number, line) in text.lines().enumerate() {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            for word in words.filter(|word| given_up.contains(word)) {
                found.push(format!("{name}:{}: {word}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "words of old:\n{}", found.join("\n"));
}
