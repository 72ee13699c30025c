//! Modules that nobody needs any more do not fill the disk.

use serde_json::Value;

use crate::common::operator::{complained, succeeded};
use crate::modules::fixture::{World, marked, only};

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

/// A module that serves nobody; its digest.
fn push(world: &World, file: &str) -> String {
    let pushed = world.json(&["module", "push", file, "--type", "lone"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    digest.to_owned()
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
        pushed.push(push(&world, &file(n)));
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

/// As long as is said where nothing is set: a week.
#[test]
fn modules_go_by_their_age_and_what_serves_or_could_be_rolled_back_to_stays() {
    let wasm = only("lone:lone/lone", "touch");
    let world = World::new_in("2026-03-01 12:00:00");
    let file = |world: &World, n: u32| world.file(&format!("{n}.wasm"), &marked(&wasm, n));
    let former = world.activate(&file(&world, 0), "lone");
    let serving = world.activate(&file(&world, 1), "lone");
    let canary = push(&world, &file(&world, 2));
    succeeded(&world.cli(&["module", "canary", &canary, "10"]));
    let old = [3, 4].map(|n| push(&world, &file(&world, n)));

    // Fewer than are kept by number, and none is a week old: all are there.
    let world = world.restart_in("2026-03-07 12:00:00");
    let recent = push(&world, &file(&world, 5));
    let needed = [&former, &serving, &canary];
    let everything = needed.into_iter().chain(&old).chain([&recent]);
    let left = kept(&world);
    assert!(
        everything.clone().all(|digest| left.contains(digest)),
        "{left:?}"
    );

    let world = world.restart_in("2026-03-08 13:00:00");
    assert_eq!(kept(&world).len(), 6, "time alone takes nothing away");
    let newest = push(&world, &file(&world, 6));
    let left = kept(&world);
    for digest in &old {
        assert!(!left.contains(digest), "{left:?}");
        assert_eq!(compiled(&world, digest), 0);
    }
    for digest in needed.into_iter().chain([&recent, &newest]) {
        assert!(left.contains(digest), "{left:?}");
    }
    let audit = world.audit("lone");
    let removed = audit.iter().filter(|line| line["what"] == "removed");
    let removed: Vec<&Value> = removed.collect();
    assert_eq!(removed.len(), old.len(), "{audit:?}");
    for line in removed {
        let detail = line["detail"].as_str().expect("a text");
        assert!(detail.contains("older than 604800000 ms"), "{line}");
        assert_eq!(line["by"], "silo", "{line}");
    }

    // What is older than a week and has stayed can still do what it stayed for: the canary is
    // taken back, and then what serves.
    assert_eq!(compiled(&world, &canary), 1);
    succeeded(&world.cli(&["module", "rollback", "lone"]));
    assert_eq!(world.current("lone"), serving);
    succeeded(&world.cli(&["module", "rollback", "lone"]));
    assert_eq!(world.current("lone"), former);
}
