//! The guide (`docs/guide`): what its pages say is typed, in their order and on one pizzeria. (That they
//! quote what is compiled is seen to by `tests/house/guide.rs`.)

use std::path::Path;

use crate::common::{Pizza, page};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/guide")
        .join(name);
    std::fs::read_to_string(path).expect("a page")
}

/// What the page shows of a plugin, as the component that its reader makes of that.
fn plugin(page: &str) -> Vec<u8> {
    let (_, text) = page.split_once("```wat\n").expect("a component");
    let (text, _) = text.split_once("```").expect("its end");
    wat::parse_str(text).expect("it is one")
}

#[test]
fn the_guide_does_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (data, folder) = (tempfile::tempdir(), tempfile::tempdir());
    let (data, folder) = (data.expect("a folder"), folder.expect("a folder"));
    let pizza = Pizza::start(data.path(), &[]);
    let first = read("README.md");
    // What is built there is built in the checkout.
    assert_eq!(page::follow(&pizza, data.path(), root, &first), 1);

    let thirst = plugin(&read("plugins.md"));
    std::fs::write(folder.path().join("thirst.wasm"), thirst).expect("a file");
    let mut pages = 0;
    for line in first.lines().filter(|line| line.starts_with("| [")) {
        let (_, name) = line.split_once("](").expect("a link");
        let (name, _) = name.split_once(')').expect("its end");
        // It compares, and has nothing to type.
        if name != "coming-from.md" {
            let promised = page::follow(&pizza, data.path(), folder.path(), &read(name));
            assert!(promised > 0, "{name} promises nothing");
            pages += 1;
        }
    }
    assert_eq!(pages, 12);
}
