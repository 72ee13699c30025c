//! No ring of modules inside a crate: to change one module of a ring is to read them all.

mod graph;
mod module;

use std::path::Path;

use cargo_metadata::{MetadataCommand, TargetKind};

use graph::Graph;

/// The roots of what is compiled for use: libraries, programs and macros. Tests may lean on
/// each other as they like.
fn roots() -> Vec<(String, std::path::PathBuf)> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata runs");
    let mut found = Vec::new();
    for package in metadata.packages {
        for target in package.targets {
            let kinds = [
                TargetKind::Lib,
                TargetKind::Bin,
                TargetKind::ProcMacro,
                TargetKind::CDyLib,
            ];
            if target.kind.iter().any(|kind| kinds.contains(kind)) {
                let name = format!("{} ({})", package.name, target.name);
                found.push((name, target.src_path.into_std_path_buf()));
            }
        }
    }
    found
}

#[test]
fn no_crate_has_a_ring_of_modules() {
    let mut rings = Vec::new();
    let mut modules = 0;
    for (name, root) in roots() {
        let graph = Graph::read(&root);
        modules += graph.len();
        for ring in graph.rings() {
            rings.push(format!("{name}:\n{}", graph.explain(&ring)));
        }
    }
    // A reader of sources that finds nothing to read would find no ring either.
    assert!(modules > 300, "only {modules} modules were found");
    assert!(rings.is_empty(), "rings:\n{}", rings.join("\n"));
}

/// The planted mistakes: each way in which one module leans on another is seen.
#[test]
fn each_kind_of_ring_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/house/rings/planted");
    let of = |crate_name: &str| {
        let graph = Graph::read(&root.join(crate_name).join("lib.rs"));
        graph.rings()
    };
    let ring = |names: [&str; 2]| vec![names.map(str::to_owned).to_vec()];
    assert_eq!(of("by_use"), ring(["a", "b"]));
    assert_eq!(of("by_path"), ring(["a", "b"]));
    assert_eq!(of("by_facade"), ring(["a", "b"]));
    assert_eq!(of("by_parent"), ring(["a", "a::child"]));
    assert_eq!(of("by_root"), ring(["", "a"]));
    let none: Vec<Vec<String>> = Vec::new();
    assert_eq!(of("without"), none);
}
