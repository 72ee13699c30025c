//! The guide quotes what is compiled, and leads nowhere that is not there. (Its commands are typed by
//! `tests/black_box/guide.rs`.)

use std::fs;
use std::path::{Path, PathBuf};

/// Stands for lines that a page leaves out.
const GAP: &str = "// …";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages with their names.
fn pages() -> Vec<(PathBuf, String)> {
    let folder = root().join("docs/guide");
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a text");
        pages.push((path, text));
    }
    assert!(pages.len() > 12, "{} pages", pages.len());
    pages
}

/// What is quoted may be in any of these.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "wit") {
            found.push(fs::read_to_string(path).expect("a text"));
        }
    }
}

/// The lines without the blanks that all of them begin with.
fn outdented<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let margin = filled.map(|line| line.len() - line.trim_start().len());
    let margin = margin.min().unwrap_or(0);
    let outdent = |line: &&'t str| line.get(margin..).unwrap_or_default();
    lines.iter().map(outdent).collect()
}

/// Whether all parts of the quotation stand in the source as they are, one behind the other.
fn quotes(source: &str, quotation: &str) -> bool {
    let source: Vec<&str> = source.lines().collect();
    let quotation: Vec<&str> = quotation.lines().collect();
    let mut from = 0;
    for part in quotation.split(|line| line.trim() == GAP) {
        let part = outdented(part);
        if part.is_empty() {
            continue;
        }
        let mut windows = source[from..].windows(part.len());
        match windows.position(|window| outdented(window) == part) {
            Some(at) => from += at + part.len(),
            None => return false,
        }
    }
    true
}

#[test]
fn what_a_page_quotes_is_what_is_compiled() {
    let mut known = Vec::new();
    sources(&root().join("actors/examples/plant"), &mut known);
    let mut quoted = 0;
    for (path, text) in pages() {
        for block in text.split("\n```").skip(1).step_by(2) {
            let (language, block) = block.split_once('\n').unwrap_or_default();
            if language == "rust" || language == "wit" {
                let is_quoted = known.iter().any(|source| quotes(source, block));
                assert!(is_quoted, "{}: nowhere is\n{block}", path.display());
                quoted += 1;
            }
        }
    }
    assert!(quoted >= 20, "{quoted} quotations");
}

/// The anchor that a heading gets where pages are shown.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let kept = heading.chars().filter(kept);
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for (page, text) in pages() {
        // A link may be broken at the end of a line, within its text.
        for link in text.split("](").skip(1) {
            let (link, _) = link.split_once(')').expect("its end");
            if link.starts_with("http") {
                continue;
            }
            let (file, at) = link.split_once('#').unwrap_or((link, ""));
            let target = page.parent().expect("a folder").join(file);
            assert!(target.exists(), "{}: {link}", page.display());
            if !at.is_empty() {
                let target = fs::read_to_string(target).expect("a text");
                let mut headings = target.lines().filter(|line| line.starts_with('#'));
                let is_there = headings.any(|heading| anchor(heading) == at);
                assert!(is_there, "{}: {link}", page.display());
            }
            links += 1;
        }
    }
    assert!(links > 40, "{links} links");
}

#[test]
fn the_first_page_names_all_others() {
    let pages = pages();
    let (_, first) = pages
        .iter()
        .find(|(path, _)| path.ends_with("README.md"))
        .expect("it is there");
    for (path, _) in &pages {
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(
            name == "README.md" || first.contains(&format!("]({name})")),
            "{name}"
        );
    }
}

#[test]
fn a_quotation_is_word_for_word() {
    let source = "impl A {\n    fn b() {\n        c();\n    }\n\n    fn d() {}\n}\n";
    for (quotation, is_one) in [
        ("fn b() {\n    c();\n}", true),
        (
            "impl A {\n    fn b() {\n        // …\n    }\n    // …\n}",
            true,
        ),
        ("    c();", true),
        ("fn b() {\n    e();\n}", false),
        ("fn b() {\nc();\n}", false),
        ("fn d() {}\n// …\nfn b() {", false),
    ] {
        assert_eq!(quotes(source, quotation), is_one, "{quotation}");
    }
    assert_eq!(
        anchor("## Version 2, with another layout"),
        "version-2-with-another-layout"
    );
}
