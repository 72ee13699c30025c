//! What is asked of the system: how much room there is.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// What is written to try the disk: enough to need blocks of its own.
const PROBE_BYTES: usize = 64 << 10;
static ZEROS: [u8; PROBE_BYTES] = [0; PROBE_BYTES];

pub(crate) trait System: Send + Sync {
    /// How much the disk of `dir` has for this user, in bytes.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;

    /// Gives `file` its blocks.
    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()>;

    /// Writes a little to the disk of `dir`, and removes it again.
    fn probe(&self, dir: &Path) -> io::Result<()>;

    /// Opens something, so that a descriptor is held.
    fn descriptor(&self) -> io::Result<File>;
}

/// Whether an operation failed for want of room or of descriptors: it has done nothing then,
/// and may succeed when there is some.
pub(crate) fn is_want(error: &io::Error) -> bool {
    let of_files = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    ) || error
        .raw_os_error()
        .is_some_and(|code| of_files.contains(&code))
}

pub(crate) struct RealSystem;

impl System for RealSystem {
    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        let about = statvfs(dir)?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        match fallocate(file, FallocateFlags::empty(), 0, bytes) {
            // Some file systems do not know it.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                let mut at = 0;
                while at < bytes {
                    let piece = (bytes - at).min(ZEROS.len() as u64);
                    file.write_all_at(&ZEROS[..piece as usize], at)?;
                    at += piece;
                }
                Ok(())
            }
            allocated => Ok(allocated?),
        }
    }

    fn probe(&self, dir: &Path) -> io::Result<()> {
        let path = dir.join("probe");
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(&ZEROS)?;
            file.sync_all()
        });
        // It may not be there.
        let _ = fs::remove_file(&path);
        written
    }

    fn descriptor(&self) -> io::Result<File> {
        File::open("/dev/null")
    }
}
