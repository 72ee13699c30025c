//! What files make, as they are now: they are read again when they have changed, so that a certificate is
//! renewed without a restart.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use parking_lot::Mutex;

use crate::tls::TlsError;

/// Files of TLS, and what is made of them.
pub trait FromFiles {
    type Made: Clone;

    /// All of them.
    fn paths(&self) -> Vec<&Path>;

    /// # Errors
    /// When a file cannot be read, or what is in them does not belong together.
    fn make(&self) -> Result<Self::Made, TlsError>;
}

/// What the files make, as they are now.
#[derive(Debug)]
pub struct Renewed<F: FromFiles> {
    files: F,
    read: Mutex<Read<F::Made>>,
}

#[derive(Debug)]
struct Read<M> {
    made: M,
    stamps: Vec<Stamp>,
}

/// Tells a file from what was there before, also where it was replaced within one tick of the clock.
type Stamp = Option<(u64, i64, i64, u64)>;

impl<F: FromFiles> Renewed<F> {
    /// # Errors
    /// When a file cannot be read, or the certificate and the key do not belong together.
    pub fn read(files: F) -> Result<Self, TlsError> {
        // Before the files: what changes meanwhile is read once more.
        let stamps = stamps(&files);
        let made = files.make()?;
        let read = Mutex::new(Read { made, stamps });
        Ok(Self { files, read })
    }

    /// What is shown and believed from now on. As long as changed files do not work, it is what they were:
    /// a certificate and its key are not replaced in one moment.
    #[must_use]
    pub fn now(&self) -> F::Made {
        let stamps = stamps(&self.files);
        let mut read = self.read.lock();
        if read.stamps != stamps {
            match self.files.make() {
                Ok(made) => {
                    let files = self.files.paths();
                    tracing::info!(?files, "read again");
                    read.made = made;
                }
                Err(error) => tracing::error!(
                    %error,
                    "changed files of TLS do not work; what they were is still in use"
                ),
            }
            read.stamps = stamps;
        }
        read.made.clone()
    }
}

fn stamps(files: &impl FromFiles) -> Vec<Stamp> {
    files.paths().into_iter().map(stamp).collect()
}

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    let (at, length) = (metadata.mtime(), metadata.len());
    Some((metadata.ino(), at, metadata.mtime_nsec(), length))
}
