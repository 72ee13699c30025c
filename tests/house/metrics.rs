//! `docs/metrics.md` has every metric with its meaning, as the code describes it; and what is counted is
//! described. `METRICS_PAGE=write cargo test --test house metrics` writes the page anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/metrics.md";
const FOLDERS: [&str; 4] = ["host", "gateway", "bridge", "load"];
const KINDS: [&str; 3] = ["counter", "gauge", "histogram"];

const HEAD: &str = "# Metrics

Every process that serves something has them at `/metrics`, in Prometheus' format: the whole pizzeria and a gateway at their HTTP address,
to whoever may see them, a silo and a bridge at `--metrics`. A metric is there as soon as there is something to count. What to
watch, and what to do then, is in `deploy/prometheus/`. This page is made of the code's own descriptions, by
`METRICS_PAGE=write cargo test --test house metrics`.

Times are in seconds, sizes in bytes. A histogram has `_bucket`, `_sum` and `_count`.

| metric | kind | meaning |
|---|---|---|
";

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_built = path.ends_with("node_modules") || path.ends_with("target");
        if path.is_dir() && !is_built {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The text of the call of each macro of this name: what is between its brackets.
fn calls<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let begin = format!("{name}!(");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&begin) {
        // `describe_gauge!` ends like `gauge!`.
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + begin.len()..];
        let (mut depth, mut in_text) = (1, false);
        let end = rest.char_indices().find(|(_, c)| {
            match c {
                '"' => in_text = !in_text,
                '(' if !in_text => depth += 1,
                ')' if !in_text => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        found.extend(end.map(|(end, _)| &rest[..end]));
    }
    found
}

/// What is between the first quotes, or what a constant or a variable of this name stands for in the file.
fn named(argument: &str, text: &str) -> Option<String> {
    let argument = argument.trim();
    if let Some(rest) = argument.strip_prefix('"') {
        return Some(rest.split('"').next()?.to_owned());
    }
    for begin in [
        format!("const {argument}: &str = \""),
        format!("let {argument} = \""),
    ] {
        if let Some((_, rest)) = text.split_once(&begin) {
            return Some(rest.split('"').next()?.to_owned());
        }
    }
    None
}

/// By name: the kind and the meaning.
type Described = BTreeMap<String, (&'static str, String)>;

/// What is described, and what is counted.
fn found() -> (Described, BTreeSet<String>) {
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut files,
        );
    }
    let (mut described, mut counted) = (Described::new(), BTreeSet::new());
    for path in files {
        let text = fs::read_to_string(&path).expect("text");
        for kind in KINDS {
            for call in calls(&text, &format!("describe_{kind}")) {
                let name = call.split(',').next().and_then(|name| named(name, &text));
                let meaning = call.trim_end().trim_end_matches(',');
                // The last argument; a comma may stand in the text.
                let meaning = match meaning.rsplit_once("\"") {
                    Some((before, "")) => before.rsplit_once('"').map(|(_, text)| text.to_owned()),
                    _ => meaning
                        .rsplit(',')
                        .next()
                        .and_then(|last| named(last, &text)),
                };
                let name = name.unwrap_or_else(|| panic!("{}: {call}", path.display()));
                let meaning = meaning.unwrap_or_else(|| panic!("{}: {call}", path.display()));
                described.insert(name, (kind, meaning));
            }
            for call in calls(&text, kind) {
                counted.extend(call.split(',').next().and_then(|name| named(name, &text)));
            }
        }
        // What is set together is named where the function that sets one of it is called.
        let set = text
            .split("set(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        counted.extend(
            set.map(str::to_owned)
                .filter(|name| name.starts_with("pizza_")),
        );
    }
    (described, counted)
}

fn page(described: &Described) -> String {
    let rows = described
        .iter()
        .map(|(name, (kind, meaning))| format!("| `{name}` | {kind} | {meaning} |\n"));
    HEAD.to_owned() + &rows.collect::<String>()
}

#[test]
fn the_page_of_metrics_has_them_all() {
    let (described, counted) = found();
    assert!(described.len() >= 40, "{described:#?}");
    let missing: Vec<_> = counted
        .iter()
        .filter(|name| !described.contains_key(*name))
        .collect();
    assert!(
        missing.is_empty(),
        "counted, and not described: {missing:?}"
    );
    let unused: Vec<_> = described
        .keys()
        .filter(|name| !counted.contains(*name))
        .collect();
    assert!(unused.is_empty(), "described, and not counted: {unused:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = page(&described);
    if std::env::var("METRICS_PAGE").is_ok_and(|value| value == "write") {
        fs::write(&path, &page).expect("written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "{PAGE} is not what the code says: METRICS_PAGE=write cargo test --test house metrics"
    );
}

#[test]
fn a_call_is_found_whole_and_only_by_its_own_name() {
    let text =
        "describe_gauge!(\n A,\n \"a (b), c\"\n); gauge!(\"x\").set(f(1)); const A: &str = \"m\";";
    assert_eq!(calls(text, "gauge"), ["\"x\""]);
    assert_eq!(calls(text, "describe_gauge"), ["\n A,\n \"a (b), c\"\n"]);
    assert_eq!(named(" A", text).as_deref(), Some("m"));
}
