//! The shape of the code: files and functions that a person can read at a sitting.
//! (Long functions are the linter's business: `clippy.toml`.)

use std::fs;
use std::path::{Path, PathBuf};

/// Half of the files are at most this long.
const MEDIAN_LINES_MAX: usize = 135;
/// Longer than this needs a reason, written down here.
const LINES_MAX: usize = 500;
const WITH_A_REASON: &[(&str, &str)] = &[];
const MAIN_LINES_MAX: usize = 100;

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_are_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["host", "gateway", "bridge", "load", "actors", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    let mut lengths = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("a text");
        let (name, lines) = (
            file.strip_prefix(root).expect("below"),
            text.lines().count(),
        );
        let excused = WITH_A_REASON
            .iter()
            .any(|(excused, _)| Path::new(excused) == name);
        assert!(
            lines <= LINES_MAX || excused,
            "{}: {lines} lines",
            name.display()
        );
        if file.ends_with("main.rs") {
            assert!(lines <= MAIN_LINES_MAX, "{}: {lines} lines", name.display());
        }
        lengths.push(lines);
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(
        median <= MEDIAN_LINES_MAX,
        "the median file has {median} lines"
    );
}

#[test]
fn each_library_opens_with_a_map() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["host", "gateway", "bridge", "load", "actors"] {
        sources(&root.join(folder), &mut files);
    }
    let mut unmapped = Vec::new();
    let libraries = files.iter().filter(|file| file.ends_with("src/lib.rs"));
    for library in libraries {
        let text = fs::read_to_string(library).expect("a text");
        let name = library.display();
        assert!(
            text.starts_with("//! "),
            "{name} does not say what it is for"
        );
        let modules = text.lines().filter(|line| {
            let line = line
                .trim_start_matches("pub ")
                .trim_start_matches("pub(crate) ");
            line.starts_with("mod ") && line.ends_with(';')
        });
        let head: String = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        for module in modules {
            let module = module
                .rsplit(' ')
                .next()
                .expect("a name")
                .trim_end_matches(';');
            let is_test = module == "tests" || module == "testing";
            if !is_test && !head.contains(module) {
                unmapped.push(format!("{name} does not map {module}"));
            }
        }
    }
    assert!(unmapped.is_empty(), "{}", unmapped.join("\n"));
}

/// A number that is missing would be looked for, and one that is there twice means two things.
#[test]
fn decisions_are_numbered_without_a_hole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/decisions");
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() > 30, "{} decisions", files.len());
    for (file, number) in files.iter().zip(1..) {
        let name = file.file_name().expect("a name").to_string_lossy();
        assert!(
            name.starts_with(&format!("{number:04}-")),
            "{name} is not {number}"
        );
        let text = fs::read_to_string(file).expect("a text");
        assert!(
            text.starts_with(&format!("# {number:04}: ")),
            "the title of {name}"
        );
    }
}
