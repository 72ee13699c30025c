//! A data directory that is damaged, or newer than the program, is refused with what is
//! wrong. (Every place where a bit may flip is tried by the store's own tests.)

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Pizza;

/// A directory with an order in it, from a pizzeria that stopped in good order.
fn example() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    pizza.order();
    assert!(pizza.stop().success());
    data
}

/// What the pizzeria says when it does not start.
fn refusal(data: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["--http", "127.0.0.1:0", "--https", "off"])
        .args(["--mqtt", "127.0.0.1:0", "--mqtts", "off"])
        .args(["--admin", "127.0.0.1:0", "--data"])
        .arg(data)
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it started: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("a file");
    change(&mut bytes);
    fs::write(file, bytes).expect("written");
}

/// The journal that has something in it.
fn journal(store: &Path) -> PathBuf {
    let files = fs::read_dir(store.join("data")).expect("a folder");
    let paths = files.map(|file| file.expect("an entry").path());
    let is_journal = |path: &PathBuf| path.extension().is_some_and(|e| e == "jnl");
    let written = |path: &PathBuf| fs::read(path).is_ok_and(|b| b.iter().any(|byte| *byte != 0));
    let mut found = paths.filter(is_journal).filter(written);
    found.next().expect("a journal with something in it")
}

#[test]
fn a_newer_format_is_refused() {
    let data = example();
    let header = data.path().join("store/store");
    change(&header, |bytes| {
        bytes[8..12].copy_from_slice(&9_u32.to_le_bytes());
        let sum = blake3::hash(&bytes[..22]);
        bytes[22..38].copy_from_slice(&sum.as_bytes()[..16]);
    });
    let said = refusal(data.path());
    assert!(said.contains("format version 9"), "{said}");
    assert!(said.contains(&header.display().to_string()), "{said}");
}

#[test]
fn a_flipped_bit_is_refused() {
    let data = example();
    for file in [
        data.path().join("store/store"),
        journal(&data.path().join("store")),
    ] {
        let good = fs::read(&file).expect("a file");
        let used = good
            .iter()
            .rposition(|byte| *byte != 0)
            .expect("something in it");
        change(&file, |bytes| bytes[used / 2] ^= 0x10);
        let said = refusal(data.path());
        let noticed = said.contains("damaged") || said.contains("are missing");
        assert!(noticed, "{said}");
        let named = file.display().to_string();
        assert!(said.contains(&named), "{said}");
        fs::write(&file, good).expect("written");
    }
    // As it was, it is accepted again.
    let pizza = Pizza::start(data.path(), &[]);
    assert_eq!(pizza.get("/health/ready").status, 200);
}

#[test]
fn an_older_copy_is_refused() {
    let data = example();
    let copy = tempfile::tempdir().expect("a directory");
    let mut copying = Command::new("cp");
    copying.arg("-r").arg(data.path().join("store/data"));
    let copied = copying.arg(copy.path()).status();
    assert!(copied.expect("cp runs").success());
    let pizza = Pizza::start(data.path(), &[]);
    pizza.order();
    assert!(pizza.stop().success());
    let database = data.path().join("store/data");
    fs::remove_dir_all(&database).expect("removed");
    fs::rename(copy.path().join("data"), &database).expect("put back");
    let said = refusal(data.path());
    assert!(said.contains("acknowledged"), "{said}");
}
