//! A data directory that is damaged, or newer than the program, is refused with what is
//! wrong. (Every place where a bit may flip is tried by the store's own tests.)

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::common::Pizza;

/// Longer than any start takes: what still runs then was not refused.
const START_MAX: Duration = Duration::from_secs(60);

/// A directory with an order in it, from a pizzeria that stopped in good order.
fn example() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    pizza.order();
    assert!(pizza.stop().success());
    data
}

/// The same from one that was killed, so that the log has all of it and the database nothing: what
/// lies in the database nobody misses in the log.
fn killed() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("a directory");
    let mut pizza = Pizza::start(data.path(), &[]);
    pizza.order();
    pizza.kill_and_wait();
    data
}

/// What the pizzeria says when it does not start.
fn refusal(data: &Path) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["--http", "127.0.0.1:0", "--https", "off"])
        .args(["--mqtt", "127.0.0.1:0", "--mqtts", "off"])
        .args(["--admin", "127.0.0.1:0", "--data"])
        .arg(data)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stderr = child.stderr.take().expect("it is piped");
    let (told, hears) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut said = String::new();
        stderr.read_to_string(&mut said).expect("text");
        // Nobody hears it who has waited too long.
        let _ = told.send(said);
    });
    let said = hears.recv_timeout(START_MAX);
    // One that starts would run for ever.
    if said.is_err() {
        child.kill().expect("it can be killed");
    }
    let status = child.wait().expect("it has ended");
    reader.join().expect("it has read all");
    let said = said.expect("it refuses, and does not start");
    assert!(!status.success(), "it started: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("a file");
    change(&mut bytes);
    fs::write(file, bytes).expect("written");
}

/// The segment of the log that has something in it.
fn segment(store: &Path) -> PathBuf {
    let files = fs::read_dir(store.join("log")).expect("a folder");
    let mut paths = files.map(|file| file.expect("an entry").path());
    let written = |path: &PathBuf| fs::read(path).is_ok_and(|b| b.iter().any(|byte| *byte != 0));
    paths.find(written).expect("a segment with something in it")
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
    let data = killed();
    for file in [
        data.path().join("store/store"),
        segment(&data.path().join("store")),
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
    let parts = ["data", "log"];
    let mut copying = Command::new("cp");
    copying.arg("-r");
    copying.args(parts.map(|part| data.path().join("store").join(part)));
    let copied = copying.arg(copy.path()).status();
    assert!(copied.expect("cp runs").success());
    let pizza = Pizza::start(data.path(), &[]);
    pizza.order();
    assert!(pizza.stop().success());
    for part in parts {
        let newer = data.path().join("store").join(part);
        fs::remove_dir_all(&newer).expect("removed");
        fs::rename(copy.path().join(part), &newer).expect("put back");
    }
    let said = refusal(data.path());
    assert!(said.contains("acknowledged"), "{said}");
}

/// Everything in it that others may enter, read or write.
fn open_to_others(dir: &Path) -> Vec<PathBuf> {
    let mode = |path: &Path| fs::symlink_metadata(path).expect("it is there").mode();
    let mut open: Vec<PathBuf> = Vec::new();
    if mode(dir) & 0o077 != 0 {
        open.push(dir.to_owned());
    }
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            open.extend(open_to_others(&path));
        } else if mode(&path) & 0o077 != 0 {
            open.push(path);
        }
    }
    open
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}

#[test]
fn nobody_else_can_read_the_orders_the_tokens_or_the_keys() {
    let parent = tempfile::tempdir().expect("a directory");
    let data = parent.path().join("data");
    let pizza = Pizza::start(&data, &[]);
    pizza.order();
    assert!(pizza.stop().success());
    for file in ["admin-token", "tls/key.pem", "store/store"] {
        assert!(data.join(file).exists(), "{file}");
    }
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new());
    // As an older program left it.
    for path in [&data, &data.join("store"), &data.join("tls/key.pem")] {
        set_mode(path, 0o755);
    }
    let pizza = Pizza::start(&data, &[]);
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new());
    assert!(pizza.stop().success());
}

#[test]
fn a_directory_that_belongs_to_others_too_is_refused_with_what_to_do() {
    let data = tempfile::tempdir().expect("a directory");
    let file = data.path().join("somebody's");
    fs::write(&file, "").expect("a file");
    set_mode(data.path(), 0o755);
    let said = refusal(data.path());
    assert!(
        said.contains("somebody's") && said.contains("chmod 700"),
        "{said}"
    );
    assert!(said.contains("mode 0755"), "{said}");
    fs::remove_file(&file).expect("removed");
    set_mode(data.path(), 0o1777);
    let said = refusal(data.path());
    assert!(said.contains("made for many"), "{said}");
    assert!(!data.path().join("store").exists(), "nothing was put there");
}
