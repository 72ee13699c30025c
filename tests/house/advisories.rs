//! Known holes in what this program is built from. `docs/decisions/0030-…` says why one old
//! crate may stay, and this fails when that is no longer so.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;
use toml::Value;

/// The first `rustls-webpki` without a published advisory (RUSTSEC-2026-0104 is the latest).
const SOUND: [u64; 3] = [0, 103, 13];
/// The old one, and the only one who may bring it along.
const OLD: (&str, &str, &str) = ("0.102.8", "rumqttc", "0.25.1");
/// All that it may be used for: a kind of error that nobody makes.
const ITS_USE: &str = "WebPki(#[from] webpki::Error),";

fn version(text: &str) -> Vec<u64> {
    text.split('.').map(|n| n.parse().unwrap_or(0)).collect()
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn no_certificate_is_checked_by_a_library_with_a_known_hole() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = fs::read_to_string(lock).expect("a lock file");
    let lock: Value = toml::from_str(&lock).expect("TOML");
    let packages = lock["package"].as_array().expect("packages");
    let text = |package: &Value, field: &str| package[field].as_str().map(str::to_owned);
    let found: Vec<String> = packages
        .iter()
        .filter(|package| package["name"].as_str() == Some("rustls-webpki"))
        .filter_map(|package| text(package, "version"))
        .collect();
    assert!(!found.is_empty(), "the check looks at nothing");
    for found in &found {
        let fits = version(found) >= SOUND.to_vec() || found == OLD.0;
        assert!(fits, "rustls-webpki {found} has a known hole: cargo update");
    }
    // Anybody else who takes it may check certificates with it.
    let old = format!("rustls-webpki {}", OLD.0);
    for package in packages {
        let needs = package.get("dependencies").and_then(Value::as_array);
        let needs = needs.is_some_and(|needs| needs.iter().any(|n| n.as_str() == Some(&old)));
        if needs {
            let who = (text(package, "name"), text(package, "version"));
            let allowed = (Some(OLD.1.to_owned()), Some(OLD.2.to_owned()));
            assert_eq!(who, allowed, "another crate uses {old}");
        }
    }
}

#[test]
fn the_mqtt_client_uses_the_old_library_for_a_name_only() {
    let metadata = MetadataCommand::new()
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .expect("cargo metadata runs");
    let client = metadata.packages.iter().find(|p| p.name.as_str() == OLD.1);
    let client = client.expect("the client; if it has gone, so may this file");
    let source = client.manifest_path.parent().expect("a folder").join("src");
    let mut files = Vec::new();
    rust_files(source.as_std_path(), &mut files);
    let mut uses = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        let lines = text.lines().filter(|line| line.contains("webpki"));
        uses.extend(lines.map(|line| line.trim().to_owned()));
    }
    assert_eq!(uses, [ITS_USE], "it does more with it than name an error");
}
