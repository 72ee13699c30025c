//! What the build script makes of pages: every file in all its forms, and a page in their place that
//! says what is wrong.

use std::fs;
use std::io::Read as _;
use std::path::Path;

#[path = "../../gateway/bundle/absent.rs"]
mod absent;
#[path = "../../gateway/bundle/forms.rs"]
mod forms;

/// The file that an expression of the list includes, by what stands in front of it.
fn included(line: &str, field: &str) -> Option<Vec<u8>> {
    let rest = line.split_once(&format!("{field}: "))?.1;
    let rest = rest.strip_prefix("Some(").unwrap_or(rest);
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
    assert_eq!(included(app, "plain").expect("as it is"), script.as_bytes());
    let (mut by_gzip, mut by_brotli) = (String::new(), Vec::new());
    let gzip = included(app, "gzip").expect("by gzip");
    let mut decoder = flate2::read::GzDecoder::new(&gzip[..]);
    decoder.read_to_string(&mut by_gzip).expect("gzip");
    assert_eq!(by_gzip, script);
    let brotli = included(app, "brotli").expect("by brotli");
    brotli::BrotliDecompress(&mut &brotli[..], &mut by_brotli).expect("brotli");
    assert_eq!(by_brotli, script.as_bytes());
    assert!(brotli.len() < gzip.len() && gzip.len() * 10 < script.len());
    // What is small, or packed by nature, has one form.
    for path in ["/index.html", "/icon.png"] {
        assert!(line(path).contains("gzip: None, brotli: None"), "{path}");
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
