//! The author's road: `docs/actors.md`, done as it is written, and what `pizza actor new`
//! promises besides.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::{compiled, machine};

const PAGE: &str = include_str!("../../docs/actors.md");
/// The page promises ten minutes, and a reader has to read.
const PAGE_SECONDS_MAX: &str = "480";
const FAILED: &str = "it-failed";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
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

/// An empty folder under `target`, where the toolchain is that of the checkout.
fn workshop(name: &str) -> PathBuf {
    let dir = root().join("target/author").join(name);
    drop(std::fs::remove_dir_all(&dir));
    std::fs::create_dir_all(&dir).expect("a folder");
    dir
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
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

/// The page as one script: a file is written where the page shows one, and what a block says
/// goes to a file of its number.
fn script(blocks: &[Block<'_>], said: &Path) -> String {
    let mut script = String::from("set -o pipefail\n");
    for (number, block) in blocks.iter().enumerate() {
        let text = &block.text;
        match block.language {
            "sh" => {
                let file = said.join(number.to_string());
                let file = file.display();
                // In this shell, not below it: what it sets stays set.
                script +=
                    &format!("trap 'echo {FAILED} >> {file}' ERR\n{{\n{text}}} >> {file} 2>&1\n");
            }
            "wit" => script += &format!("cat > wit/tally.wit <<'EOF'\n{text}EOF\n"),
            "rust" => script += &format!("cat > src/lib.rs <<'EOF'\n{text}EOF\n"),
            _ => {}
        }
    }
    // The project is new each time; what it depends on need not be built each time.
    let script = script.replace("cd tally\n", "cd tally\nln -s \"$SHARED\" target\n");
    // What a reader has in a terminal of its own; the next command is typed when it is open.
    script.replace(
        "\npizza\n",
        "\npizza > pizzeria.log 2>&1 &\n\
         until grep -q '^Order one' pizzeria.log; do kill -0 $!; sleep 0.1; done\n",
    )
}

/// A shell with a network of its own, in which nobody else has the ports of a pizzeria. Where the machine
/// lets nobody have one, they are those of the machine.
fn alone() -> Command {
    let words = ["--net", "--map-root-user", "--kill-child"];
    let up = "ip link set lo up";
    let mut tried = Command::new("unshare");
    let tried = tried.args(words).args(["sh", "-c", up]).output();
    let mut alone = command("timeout");
    alone.arg(PAGE_SECONDS_MAX);
    if tried.is_ok_and(|tried| tried.status.success()) {
        alone.arg("unshare").args(words);
        alone.args(["sh", "-c", &format!("{up}; exec bash -c \"$0\"")]);
    } else {
        alone.args(["bash", "-c"]);
    }
    alone
}

/// A folder outside the checkout, where nothing helps.
fn elsewhere() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The same toolchain as in the checkout: the machine's usual one may not have the target.
pub(crate) fn toolchain() -> String {
    let mut active = command("rustup");
    let active = active
        .args(["show", "active-toolchain"])
        .current_dir(root());
    let told = active.output().expect("rustup runs");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    told.split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn the_page_does_what_it_says() {
    let _machine = machine::share();
    let (place, said) = (elsewhere(), elsewhere());
    // Only that the modules need not be compiled again.
    let data = place.path().join("pizzeria/data");
    std::fs::create_dir_all(&data).expect("a folder");
    compiled::lay_out(&data);
    let (_, page) = PAGE.split_once("## What you need").expect("a beginning");
    let (page, _) = page.split_once("## While you work on it").expect("an end");
    let blocks = blocks(page);
    let shared = root().join("target/author/target");
    std::fs::create_dir_all(&shared).expect("a folder");
    // Ends what the shell has started, too.
    let ended = alone()
        .arg(script(&blocks, said.path()))
        .current_dir(place.path())
        .env("RUSTUP_TOOLCHAIN", toolchain())
        .env("SHARED", shared)
        .stdin(Stdio::null())
        .status()
        .expect("bash runs");
    assert_ne!(ended.code(), Some(124), "more than {PAGE_SECONDS_MAX} s");
    kept(&blocks, said.path());
}

/// Holds what was said against what the page promises.
fn kept(blocks: &[Block<'_>], place: &Path) {
    let mut promised = 0;
    for (number, block) in blocks.iter().enumerate() {
        if block.language != "sh" {
            continue;
        }
        let said = std::fs::read_to_string(place.join(number.to_string()));
        let said = said.expect("it was run");
        let next = blocks.get(number + 1);
        let wanted = next.filter(|next| next.language == "text");
        let wanted = wanted.map_or("", |next| next.text.as_str());
        let may_fail = wanted.starts_with("Error:");
        let failed = said.contains(FAILED);
        assert_eq!(failed, may_fail, "{}said:\n{said}", block.text);
        // Each line that is promised is there, in the order of the page.
        let mut lines = said.lines();
        for wanted in wanted.lines() {
            let found = lines.any(|line| matches(line.trim(), wanted));
            assert!(found, "{}wanted {wanted:?}, said:\n{said}", block.text);
            promised += 1;
        }
    }
    assert!(promised >= 12, "the page promises {promised} lines");
}

#[test]
fn what_is_there_is_not_overwritten_and_bad_names_are_refused() {
    let place = workshop("refused");
    let new = |words: &[&str]| {
        let mut new = command("pizza");
        new.args(["actor", "new"]).args(words).current_dir(&place);
        new.output().expect("it runs")
    };
    assert!(new(&["tally"]).status.success());
    let again = complaint(&new(&["tally"]));
    assert!(again.contains("not empty"), "{again}");
    let file = complaint(&new(&["other", "--dir", "tally/Cargo.toml"]));
    assert!(file.contains("no folder"), "{file}");
    let bad = complaint(&new(&["Tally"]));
    assert!(bad.contains("lower case"), "{bad}");
    let word = complaint(&new(&["list"]));
    assert!(word.contains("a word of WIT"), "{word}");
    assert!(!place.join("other").exists() && !place.join("list").exists());

    let lost = complaint(&new(&["far", "--sdk", "tally"]));
    assert!(lost.contains("no checkout"), "{lost}");
    let checkout = root().display().to_string();
    assert!(new(&["near", "--sdk", &checkout]).status.success());
    assert!(place.join("near/wit/silo/state.wit").is_file());
    assert!(!place.join("near/sdk").exists());
    let mut metadata = command("cargo");
    metadata.args(["metadata", "--format-version", "1"]);
    let found = metadata.current_dir(place.join("near")).output();
    let found = found.expect("cargo runs");
    let told = String::from_utf8_lossy(&found.stdout);
    assert!(found.status.success(), "{found:?}");
    assert!(told.contains("actors/sdk/Cargo.toml"));
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
