//! Modules that nobody needs any more do not fill the disk.

use serde_json::Value;

use crate::common::operator::{complained, succeeded};
use crate::fixture::{World, marked, only};

fn kept(world: &World) -> Vec<String> {
    let list = world.json(&["module", "list", "lone"]);
    let modules = list["modules"].as_array().expect("a list").iter();
    let digest = |module: &Value| module["digest"].as_str().expect("a digest").to_owned();
    modules.map(digest).collect()
}

/// Files of machine code that belong to this module.
fn compiled(world: &World, digest: &str) -> usize {
    let dir = world.data.path().join("modules");
    let names = std::fs::read_dir(dir).expect("a directory");
    let names = names.map(|entry| entry.expect("an entry").file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with(digest))
        .count()
}

#[test]
fn old_modules_go_and_what_serves_or_could_be_rolled_back_to_stays() {
    let world = World::new(&[]);
    let wasm = only("lone:lone/lone", "touch");
    let file = |n: u32| world.file(&format!("{n}.wasm"), &marked(&wasm, n));
    let first = world.activate(&file(0), "lone");
    let second = world.activate(&file(1), "lone");
    let mut pushed = Vec::new();
    for n in 2..10 {
        let module = world.json(&["module", "push", &file(n), "--type", "lone"]);
        let digest = module["module"]["digest"].as_str().expect("a digest");
        pushed.push(digest.to_owned());
    }
    let left = kept(&world);
    assert_eq!(
        left.len(),
        7,
        "five beside the two that are needed: {left:?}"
    );
    assert!(left.contains(&first) && left.contains(&second));
    for (place, digest) in pushed.iter().enumerate() {
        let stays = place >= 3;
        assert_eq!(left.contains(digest), stays, "{place}");
        assert_eq!(compiled(&world, digest), usize::from(stays), "{place}");
    }

    for (digest, why) in [(&second, "it serves"), (&first, "rolled back to")] {
        let refusal = complained(&world.cli(&["module", "remove", digest]));
        assert!(refusal.contains(why), "{refusal}");
    }
    let newest = pushed.last().expect("some were pushed");
    succeeded(&world.cli(&["module", "remove", newest]));
    assert!(!kept(&world).contains(newest));
    assert_eq!(compiled(&world, newest), 0);
    let line = &world.audit("lone")[0];
    assert_eq!(line["what"], "removed", "{line}");
    assert_eq!(line["by"], "operator", "{line}");

    let unknown = complained(&world.cli(&["module", "activate", newest]));
    assert!(unknown.contains("no module"), "{unknown}");

    succeeded(&world.cli(&["module", "rollback", "lone"]));
    assert_eq!(world.current("lone"), first);
}
