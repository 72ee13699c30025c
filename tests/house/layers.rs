//! The layers of the project: an arrow that is not listed here is a mistake.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may depend on whom, within the project.
const ALLOWED: &[(&str, &[&str])] = &[
    ("pizza-types", &[]),
    ("pizza-value", &["pizza-types"]),
    ("pizza-store", &["pizza-types"]),
    ("pizza-clock", &[]),
    (
        "pizza-cluster",
        &["pizza-clock", "pizza-store", "pizza-types"],
    ),
    ("pizza-store-embedded", &["pizza-store", "pizza-types"]),
    ("pizza-store-redis", &["pizza-store", "pizza-types"]),
    ("pizza-guest", &["pizza-types", "pizza-value"]),
    (
        "pizza-runtime",
        &[
            "pizza-types",
            "pizza-store",
            "pizza-guest",
            "pizza-clock",
            "pizza-cluster",
        ],
    ),
    (
        "pizza-modules",
        &["pizza-types", "pizza-store", "pizza-guest"],
    ),
    // It owns what is otherwise the machine's: time, network, store.
    (
        "pizza-sim",
        &[
            "pizza-types",
            "pizza-store",
            "pizza-guest",
            "pizza-clock",
            "pizza-cluster",
            "pizza-runtime",
        ],
    ),
    ("pizza-client", &["pizza-types"]),
    ("pizza-edge", &[]),
    ("pizza-http", &["pizza-edge", "pizza-types"]),
    ("pizza-cli", &[]),
    ("pizza-wit-client", &[]),
    // From outside, like any client: it shares vocabulary and plumbing with what it puts
    // load on, and nothing that does the work.
    (
        "pizza-load",
        &["pizza-cli", "pizza-edge", "pizza-streets", "pizza-types"],
    ),
    (
        "pizza-gateway",
        &[
            "pizza-client",
            "pizza-edge",
            "pizza-http",
            "pizza-types",
            "pizza-value",
        ],
    ),
    (
        "pizza-bridge",
        &[
            "pizza-client",
            "pizza-edge",
            "pizza-events",
            "pizza-mqtt",
            "pizza-types",
            "pizza-value",
        ],
    ),
    // Two edges carry events out: what of them may leave is decided in one place.
    ("pizza-events", &["pizza-value"]),
    (
        "pizza-webhooks",
        &["pizza-client", "pizza-edge", "pizza-events", "pizza-types"],
    ),
    ("pizza-broker", &["pizza-edge", "pizza-mqtt"]),
    ("pizza-mqtt", &["pizza-edge"]),
    ("silo-sdk", &["silo-sdk-macros"]),
    ("silo-sdk-macros", &[]),
    ("pizza-local-time", &[]),
    ("pizza-streets", &[]),
    ("kitchen-plugin", &[]),
    (
        "pizza-silo",
        &[
            "pizza-types",
            "pizza-value",
            "pizza-store",
            "pizza-store-embedded",
            "pizza-store-redis",
            "pizza-cluster",
            "pizza-guest",
            "pizza-runtime",
            "pizza-modules",
            "pizza-client",
            "pizza-edge",
            "pizza-http",
        ],
    ),
];

/// Only this crate may name the engine.
const WASMTIME: &str = "pizza-guest";

fn allowed(package: &str) -> Option<Vec<&'static str>> {
    // A plugin is a guest too, with a smaller SDK.
    if package.starts_with("pizza-actor-") {
        return Some(vec![
            "silo-sdk",
            "kitchen-plugin",
            "pizza-local-time",
            "pizza-streets",
        ]);
    }
    let rules: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    rules.get(package).map(|names| names.to_vec())
}

#[test]
fn dependencies_point_down() {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata runs");
    let names: Vec<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        // The root wires everything.
        if package.name.as_str() == "pizza" {
            continue;
        }
        let Some(allowed) = allowed(package.name.as_str()) else {
            wrong.push(format!("{} has no layer", package.name));
            continue;
        };
        let normal = package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal);
        for dependency in normal {
            let name = dependency.name.as_str();
            if names.contains(&name) && !allowed.contains(&name) {
                wrong.push(format!("{} -> {name}", package.name));
            }
            let engine = name.starts_with("wasmtime");
            if engine && package.name.as_str() != WASMTIME {
                wrong.push(format!("{} names {name}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "not allowed: {wrong:#?}");
}
