//! What the build script makes of pages: every file in all its forms, and a page in their place that
//! says what is wrong.

use std::fs;
use std::io::Read as _;
use std::path::Path;

#[path = "../../gateway/bundle/pages.rs"]
mod pages;

use self::pages::{Environment, absent, forms};

/// The file that an expression of the list includes, by what stands in front of it.
fn included(line: &str, field: &str) -> Option<Vec<u8>> {
    let rest = line.split_once(&format!("{field}: "))?.1;
    let path = rest.strip_prefix("include_bytes!(\"")?.split('"').next()?;
    Some(fs::read(path).expect("a file that is there"))
}

fn list(folder: &Path, packed: &Path) -> String {
    forms::list(folder, packed, true).expect("a list")
}

#[test]
fn each_page_is_packed_and_opens_as_what_it_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let (folder, packed) = (dir.path().join("dist"), dir.path().join("packed"));
    for below in ["assets", ".vite"] {
        fs::create_dir_all(folder.join(below)).expect("a folder");
    }
    let script = "export const pizza = 'Margherita';\n".repeat(100);
    for (path, text) in [
        ("index.html", "<!doctype html>"),
        ("assets/app-1.js", &script),
        ("assets/app-1.js.map", "{}"),
        (".vite/manifest.json", "{}"),
        ("icon.png", &script),
    ] {
        fs::write(folder.join(path), text).expect("written");
    }
    let first = list(&folder, &packed);
    assert!(first.starts_with("pizza_gateway::Pages { are_present: true, build: \""));
    assert!(
        !first.contains(".map") && !first.contains(".vite"),
        "{first}"
    );
    let line = |path: &str| {
        let of_file = format!("path: \"{path}\"");
        let line = first.lines().find(|line| line.contains(&of_file));
        line.unwrap_or_else(|| panic!("no {path} in {first}"))
    };
    let app = line("/assets/app-1.js");
    assert!(app.contains("content_type: \"text/javascript; charset=utf-8\""));
    let (mut by_gzip, mut by_brotli) = (String::new(), Vec::new());
    let gzip = included(app, "gzip").expect("by gzip");
    let mut decoder = flate2::read::GzDecoder::new(&gzip[..]);
    decoder.read_to_string(&mut by_gzip).expect("gzip");
    assert_eq!(by_gzip, script);
    let brotli = included(app, "brotli").expect("by brotli");
    brotli::BrotliDecompress(&mut &brotli[..], &mut by_brotli).expect("brotli");
    assert_eq!(by_brotli, script.as_bytes());
    assert!(brotli.len() < gzip.len() && gzip.len() * 10 < script.len());
    assert!(!app.contains("Plain("), "it is there packed alone: {app}");
    // What is small, or packed by nature, is as it is.
    for path in ["/index.html", "/icon.png"] {
        let plain = line(path).contains("content: pizza_gateway::PageContent::Plain(");
        assert!(plain, "{}", line(path));
    }
    assert_eq!(
        list(&folder, &packed),
        first,
        "the same pages are the same build"
    );
    fs::write(folder.join("index.html"), "<!doctype html><p>").expect("written");
    let build = |list: &str| list.split('"').nth(1).map(str::to_owned);
    assert_ne!(build(&list(&folder, &packed)), build(&first));
}

#[test]
fn the_page_without_pages_says_why_as_text() {
    let dir = tempfile::tempdir().expect("a directory");
    let folder = absent::write(dir.path(), "npm said <script>\"no\" & went").expect("written");
    let page = fs::read_to_string(folder.join("index.html")).expect("a page");
    assert!(
        page.contains("npm said &lt;script&gt;&quot;no&quot; &amp; went"),
        "{page}"
    );
    assert!(page.contains("href=\"/docs/\"") && !page.contains("{reason}"));
    // Its policy allows neither.
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("<script"));
}

fn environment(ui: &str, path: &Path) -> Environment {
    Environment {
        ui: ui.to_owned(),
        dist: None,
        path: path.into(),
    }
}

/// What cargo is told of a build on a machine whose only programs are those of this folder.
fn built_with(programs: &Path) -> (Vec<String>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().expect("a directory");
    let told = pages::bundle(root, out.path(), &environment("", programs)).expect("it builds");
    let warned = told
        .into_iter()
        .filter(|line| line.starts_with("cargo::warning="));
    let list = fs::read_to_string(out.path().join("pages.rs")).expect("a list");
    assert!(
        list.starts_with("pizza_gateway::Pages { are_present: false, "),
        "{list}"
    );
    let page = fs::read_to_string(out.path().join("absent/index.html")).expect("a page");
    let needed = pages::bundle(root, out.path(), &environment("require", programs));
    let needed = needed.expect_err("it is required");
    assert!(needed.starts_with("PIZZA_UI=require: "), "{needed}");
    (warned.collect(), page)
}

#[cfg(unix)]
#[test]
fn without_node_or_with_an_old_one_it_builds_with_one_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().expect("a directory");
    let (warned, page) = built_with(dir.path());
    assert_eq!(warned.len(), 1, "{warned:?}");
    for told in [&warned[0], &page] {
        assert!(
            told.contains("there is no Node here; install Node 20.19"),
            "{told}"
        );
    }
    let node = dir.path().join("node");
    for (version, is_old) in [("v18.20.4", true), ("v20.18.3", true), ("v22.12.0", false)] {
        fs::write(&node, format!("#!/bin/sh\necho {version}\n")).expect("written");
        let mut permissions = fs::metadata(&node).expect("it is there").permissions();
        permissions.set_mode(0o755);
        fs::set_permissions(&node, permissions).expect("it may be run");
        let (warned, page) = built_with(dir.path());
        assert_eq!(warned.len(), 1, "{warned:?}");
        // A new one is good enough, and has no npm beside it.
        let problem = if is_old {
            format!("Node is {version}, which is too old; install Node 20.19")
        } else {
            "there is no npm beside Node".to_owned()
        };
        for told in [&warned[0], &page] {
            assert!(told.contains(&problem), "{told}");
        }
    }
}

#[test]
fn a_build_is_told_what_it_may_be_told_of_pages() {
    let out = tempfile::tempdir().expect("a directory");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let refused = pages::bundle(root, out.path(), &environment("off", out.path()));
    assert_eq!(
        refused.expect_err("there is no such word"),
        "PIZZA_UI is \"off\"; it may be \"require\" or \"skip\""
    );
    let left_out = pages::bundle(root, out.path(), &environment("skip", out.path()));
    let told = left_out.expect("it builds");
    assert!(
        !told.iter().any(|line| line.contains("warning")),
        "{told:?}"
    );
}
