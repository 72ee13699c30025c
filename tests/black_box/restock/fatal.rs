//! A process that dies by SIGKILL at the n-th commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::Pizza;

/// A library for LD_PRELOAD, compiled once.
pub(crate) struct Poison(PathBuf);

impl Poison {
    pub(crate) fn brew() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/black_box/restock/die_at.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("die_at.so");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status();
        assert!(compiled.expect("a C compiler").success());
        Self(library)
    }

    /// It lives until [`strike`] says when it dies.
    pub(crate) fn start(&self, data: &Path, options: &[&str]) -> Pizza {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
        command
            .env("LD_PRELOAD", &self.0)
            .env("DIE_AT", order(data));
        Pizza::start_as(command, "127.0.0.1:0", data, options, Stdio::inherit())
    }
}

/// From now on, at the commit of this number.
pub(crate) fn strike(data: &Path, at: u32) {
    let (order, draft) = (order(data), data.join("die-at.draft"));
    fs::write(&draft, at.to_string()).expect("a file");
    fs::rename(draft, order).expect("it is told at once");
}

fn order(data: &Path) -> PathBuf {
    data.join("die-at")
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}
