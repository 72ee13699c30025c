//! A disk that takes its time to sync: a library, made by this machine's C compiler, in front of the
//! server's calls.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Longer than `everysec` waits from one sync to the next.
const SYNC_MICROSECONDS: u32 = 1_200_000;

pub(crate) struct SlowDisk {
    dir: TempDir,
}

impl SlowDisk {
    pub(crate) fn new() -> Self {
        let disk = Self {
            dir: tempfile::tempdir().expect("a directory"),
        };
        std::fs::create_dir(disk.files()).expect("a directory");
        let library = disk.at("slow_disk.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/slow_disk.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&library, &source])
            .status();
        assert!(compiled.expect("a C compiler").success());
        let server = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let program = format!(
            "#!/bin/sh\nexport LD_PRELOAD='{}' SLOW_DIR='{}' SLOW_LOG='{}' \
             SLOW_MICROSECONDS={SYNC_MICROSECONDS}\nexec '{server}' \"$@\"\n",
            library.display(),
            disk.files().display(),
            disk.at("syncs").display(),
        );
        std::fs::write(disk.server(), program).expect("writable");
        let may_run = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(disk.server(), may_run).expect("our own");
        disk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where a server's files are to be.
    pub(crate) fn files(&self) -> PathBuf {
        self.at("files")
    }

    /// A program that becomes a server whose files are on this disk.
    pub(crate) fn server(&self) -> PathBuf {
        self.at("server")
    }

    /// How often something was synced so far.
    pub(crate) fn syncs(&self) -> usize {
        std::fs::read(self.at("syncs")).map_or(0, |syncs| syncs.len())
    }
}
