//! Files that only their owner can read: tokens and keys.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// The permissions of a file: read and write for the owner, nothing for anybody else.
const FILE_MODE: u32 = 0o600;
/// The permissions of a directory: everything for the owner, nothing for anybody else.
const DIR_MODE: u32 = 0o700;

/// Writes `text`, so that after a crash at any moment the file is as it was or as it shall be,
/// and so that nobody else could read it at any moment. Makes the directory where it lacks.
///
/// # Errors
/// When the directory or the file cannot be written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    if let Some(dir) = dir {
        DirBuilder::new()
            .recursive(true)
            .mode(DIR_MODE)
            .create(dir)?;
    }
    let mut unfinished = OsString::from(path);
    unfinished.push(".new");
    // A file that a crash has left may have other permissions, which opening would not change.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    // Before the new name: else a crash could leave an empty file that has it.
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    // The name itself is durable once its directory is.
    match dir {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

/// Takes the file from everybody but its owner: a copy or somebody's umask may have opened it.
///
/// # Errors
/// When there is no such file, or it is somebody else's.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    }

    #[test]
    fn a_file_and_its_directory_are_their_owners() {
        let dir = tempfile::tempdir().expect("a directory");
        let (made, path) = (dir.path().join("tls"), dir.path().join("tls/key.pem"));
        write(&path, "one").expect("written");
        assert_eq!((mode(&made), mode(&path)), (0o700, 0o600));
        close_to_others(&path).expect("closed");
    }

    /// Neither what a crash has left nor an open file that is replaced opens the new one.
    #[test]
    fn what_stood_there_before_opens_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, left) = (dir.path().join("key.pem"), dir.path().join("key.pem.new"));
        for path in [&path, &left] {
            fs::write(path, "half of something longer").expect("written");
            fs::set_permissions(path, Permissions::from_mode(0o644)).expect("opened");
        }
        write(&path, "two").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("read"), "two");
        assert_eq!(mode(&path), 0o600);
        assert!(!left.exists());
    }
}
