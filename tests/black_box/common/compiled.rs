//! The machine code of the bundled modules, compiled once for all tests. Nearly every test
//! opens a pizzeria in a directory of its own, and compiling seven modules for each was half of
//! what all tests took.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What the first pizzeria has compiled: files, and the key that they are authenticated with.
const DIR: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled-modules");

/// Whether it is there. That of an earlier run may be of another program.
static IS_THERE: Mutex<bool> = Mutex::new(false);

/// Puts the machine code into a fresh data directory, if there is any yet. A copy: there are
/// tests that damage it.
pub(crate) fn lay_out(data: &Path) {
    let is_there = IS_THERE.lock().unwrap_or_else(PoisonError::into_inner);
    let to = data.join("modules");
    if *is_there && data.exists() && !data.join("store").exists() && !to.exists() {
        copy(Path::new(DIR), &to);
    }
}

/// Keeps what a pizzeria that is open has compiled, if it is the first.
pub(crate) fn keep(data: &Path) {
    let mut is_there = IS_THERE.lock().unwrap_or_else(PoisonError::into_inner);
    let from = data.join("modules");
    if !*is_there && from.exists() {
        let _ = fs::remove_dir_all(DIR);
        copy(&from, Path::new(DIR));
        *is_there = true;
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    // The key in it is its owner's alone, as everything in a data directory.
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).expect("a directory of the test's");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied, with its mode");
    }
}
