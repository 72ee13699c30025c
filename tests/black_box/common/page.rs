//! Pages that say what to type. Their commands are typed as they stand, and what they promise has to
//! be said.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Pizza;

/// So long a reader types, at most.
const SECONDS_MAX: &str = "240";
const FAILED: &str = "it-failed";

/// Types the shell blocks of a page, in this folder and one shell, where `pizza` is found and knows
/// its silo. After each block the lines of the `text` block behind it have to be among what was
/// said, in their order; `…` in them stands for anything. A block whose promise has an `Error:` fails,
/// and no other one. Says how many lines were promised.
pub(crate) fn follow(pizza: &Pizza, data: &Path, folder: &Path, page: &str) -> usize {
    let page = page.replace("localhost:5000", &pizza.http.to_string());
    let page = page.replace("localhost:5002", &pizza.admin.to_string());
    let blocks = blocks(&page);
    let notes = tempfile::tempdir().expect("a folder");
    // Ends what the shell has started, too.
    let ended = command("timeout")
        .args([SECONDS_MAX, "bash", "-c", &script(&blocks, notes.path())])
        .current_dir(folder)
        .env("PIZZA_ADMIN", pizza.admin.to_string())
        .env("PIZZA_DATA", data)
        .stdin(Stdio::null())
        .status()
        .expect("bash runs");
    let noted = |number: usize| {
        let note = std::fs::read_to_string(notes.path().join(number.to_string()));
        note.unwrap_or_default()
    };
    let all: String = (0..blocks.len()).map(noted).collect();
    assert_ne!(ended.code(), Some(124), "more than {SECONDS_MAX} s:\n{all}");
    let mut promised = 0;
    for (number, block) in blocks.iter().enumerate() {
        if block.language != "sh" {
            continue;
        }
        let said = noted(number);
        let next = blocks.get(number + 1);
        let wanted = next.filter(|next| next.language == "text");
        let wanted = wanted.map_or("", |next| next.text.as_str());
        let may_fail = wanted.lines().any(|line| line.starts_with("Error:"));
        let failed = said.contains(FAILED);
        assert_eq!(failed, may_fail, "{}said:\n{said}", block.text);
        let mut lines = said.lines();
        for wanted in wanted.lines() {
            let found = lines.any(|line| matches(line.trim(), wanted));
            assert!(found, "{}wanted {wanted:?}, said:\n{said}", block.text);
            promised += 1;
        }
    }
    promised
}

/// A shell or another program that knows nothing of the cargo that runs the test.
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        let is_cargos = name.starts_with("CARGO") && name != "CARGO_HOME";
        if is_cargos || name.contains("RUSTFLAGS") || name == "RUST_BACKTRACE" {
            command.env_remove(name);
        }
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_pizza"));
    let folder = binary.parent().expect("a folder").display();
    let path = std::env::var("PATH").expect("a path");
    command.env("PATH", format!("{folder}:{path}"));
    command
}

/// What is between two fences.
struct Block<'a> {
    language: &'a str,
    text: String,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            let text = text.map(|line| format!("{line}\n")).collect();
            blocks.push(Block { language, text });
        }
    }
    blocks
}

/// What a block says goes to a file of its number.
fn script(blocks: &[Block<'_>], notes: &Path) -> String {
    let mut script = String::from("set -o pipefail\n");
    for (number, block) in blocks.iter().enumerate() {
        if block.language == "sh" {
            let (text, file) = (&block.text, notes.join(number.to_string()));
            let file = file.display();
            // In this shell, not below it: what it sets stays set.
            script += &format!("trap 'echo {FAILED} >> {file}' ERR\n{{\n{text}}} >> {file} 2>&1\n");
        }
    }
    script
}

/// Whether the parts between the `…` of `wanted` are in `line`, in their order.
fn matches(line: &str, wanted: &str) -> bool {
    let mut parts = wanted.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut last = first;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        last = part;
    }
    rest.is_empty() || (last.is_empty() && wanted.ends_with('…'))
}

#[test]
fn a_line_is_as_promised() {
    for (line, wanted, is_so) in [
        ("it serves", "it serves", true),
        ("it serves 10", "it serves", false),
        ("abc is kept; and serves", "… is kept; and serves", true),
        ("abc 10 % def", "…10 %…", true),
        ("abc 1 % def", "…10 %…", false),
        ("Error: no", "Error: …", true),
    ] {
        assert_eq!(matches(line, wanted), is_so, "{line} {wanted}");
    }
}
