//! Compiled modules on disk. Machine code is only ever loaded if we wrote it: each file
//! carries a keyed BLAKE3 of itself, and the key never leaves the cache's directory.
//!
//! A file is mapped and not read: processes of one machine that share the directory have its pages in
//! memory once. So no file is ever changed under its name; a new one takes its place.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use pizza_types::ModuleDigest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;

/// The length of a BLAKE3 hash; it comes last in the file, since what is mapped begins with the code.
const MAC_BYTES: usize = 32;
/// Part of a file's name: programs before this one wrote the hash in front of the code.
const LAYOUT: &[u8] = b"code, hash";

/// One directory of compiled modules, and the key that proves they are ours.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
    /// Which engine the code is for, as 16 hexadecimal digits: code of another version or
    /// configuration cannot be loaded.
    engine: String,
}

impl Cache {
    pub(crate) fn open(dir: &Path, engine: &Engine) -> Result<Self, LoadError> {
        let at = |source| LoadError::Cache {
            path: dir.display().to_string(),
            source,
        };
        fs::create_dir_all(dir).map_err(at)?;
        // Silos that share the directory may all begin at once, and must agree about the key.
        let alone = lock(&dir.join("key.lock"));
        let key = key(&dir.join("key")).map_err(at)?;
        drop(alone);
        let mut hasher = Hasher(blake3::Hasher::new());
        std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
        hasher.0.update(LAYOUT);
        let engine = hasher.0.finalize().to_hex()[..16].to_owned();
        let dir = dir.to_owned();
        Ok(Self { dir, key, engine })
    }

    fn path(&self, digest: ModuleDigest) -> PathBuf {
        self.dir.join(format!("{digest}.{}.cwasm", self.engine))
    }

    /// Waits until nobody else who shares the directory compiles this module, as long as that takes; it is
    /// the caller's turn until what is returned is dropped. `None` where files cannot be locked: then two
    /// may compile the same, which costs time and nothing else.
    pub(crate) fn turn_to_compile(&self, digest: ModuleDigest) -> Option<File> {
        // One file for many modules, so that there are few of them: two that share it only wait.
        let file = format!("compiling-{:x}.lock", digest.0[0] >> 4);
        lock(&self.dir.join(file))
    }

    pub(crate) fn has(&self, digest: ModuleDigest) -> bool {
        self.path(digest).exists()
    }

    /// `None` when there is nothing usable; a damaged file is as good as none.
    pub(crate) fn load(&self, engine: &Engine, digest: ModuleDigest) -> Option<Component> {
        let file = File::open(self.path(digest)).ok()?;
        if !self.is_ours(digest, &file).ok()? {
            tracing::warn!(%digest, "a compiled module on disk is damaged; it is compiled anew");
            return None;
        }
        let component = mapped(engine, &file).or_else(|error| {
            // A file system may allow no code to be run from its files.
            tracing::debug!(%digest, %error, "a compiled module is read, for it cannot be mapped");
            let code = self.read(digest, &file)?;
            written_by_us(engine, &code)
        });
        component
            .inspect_err(|error| {
                tracing::warn!(%digest, %error, "a compiled module on disk cannot be loaded; it is compiled anew");
            })
            .ok()
    }

    /// The code of a file, once more compared with its hash: now it is the bytes in memory that count.
    fn read(&self, digest: ModuleDigest, mut file: &File) -> io::Result<Vec<u8>> {
        let mut code = Vec::new();
        file.read_to_end(&mut code)?;
        let mac = code.split_off(code.len().saturating_sub(MAC_BYTES));
        let ours = self.hasher(digest).update(&code).finalize();
        if mac != ours.as_bytes() {
            return Err(io::Error::other("it has changed meanwhile"));
        }
        Ok(code)
    }

    fn is_ours(&self, digest: ModuleDigest, mut file: &File) -> io::Result<bool> {
        let Some(code) = file.metadata()?.len().checked_sub(MAC_BYTES as u64) else {
            return Ok(false);
        };
        let mut hasher = self.hasher(digest);
        hasher.update_reader(file.take(code))?;
        let mut mac = [0; MAC_BYTES];
        file.read_exact(&mut mac)?;
        file.rewind()?;
        // Comparing blake3 hashes takes the same time whatever they are.
        Ok(hasher.finalize() == mac)
    }

    /// A cache that cannot be written costs time at the next start, nothing else.
    pub(crate) fn store(&self, digest: ModuleDigest, code: &[u8]) {
        if let Err(error) = self.try_store(digest, code) {
            tracing::warn!(%digest, %error, "a compiled module could not be kept on disk");
        }
    }

    /// Deletes the machine code of a module, for every engine that it was compiled for.
    pub(crate) fn remove(&self, digest: ModuleDigest) {
        if let Err(error) = self.try_remove(digest) {
            tracing::warn!(%digest, %error, "a compiled module could not be deleted");
        }
    }

    fn try_remove(&self, digest: ModuleDigest) -> io::Result<()> {
        let start = format!("{digest}.");
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&start) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn try_store(&self, digest: ModuleDigest, code: &[u8]) -> io::Result<()> {
        let path = self.path(digest);
        // Processes of several machines may share the directory: each writes a file of its own, which nobody has
        // mapped yet.
        let part = path.with_extension(format!("part.{:016x}", rand::random::<u64>()));
        let mut file = File::options().write(true).create_new(true).open(&part)?;
        file.write_all(code)?;
        file.write_all(self.hasher(digest).update(code).finalize().as_bytes())?;
        // Before it is renamed: a crash must not leave the name on half a file.
        file.sync_all()?;
        fs::rename(part, path)
    }

    /// What the code is to be fed to.
    fn hasher(&self, digest: ModuleDigest) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // Also whose code it is: a file that is renamed to another module is not taken for it.
        hasher.update(&digest.0).update(self.engine.as_bytes());
        hasher
    }
}

/// Code of which the caller knows that our own compiler wrote it, because it comes straight from the
/// compiler's pipe.
#[allow(
    unsafe_code,
    reason = "machine code becomes callable here and in `mapped`; see SAFETY"
)]
pub(crate) fn written_by_us(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` asks that the bytes come from `Component::serialize` or from
    // `Engine::precompile_component`; `compile` has them from the process that it started itself.
    unsafe { Component::deserialize(engine, code) }
}

/// Code of a file of which the caller has checked the keyed hash.
#[allow(
    unsafe_code,
    reason = "machine code becomes callable here and in `written_by_us`; see SAFETY"
)]
fn mapped(engine: &Engine, file: &File) -> wasmtime::Result<Component> {
    // The very file that was checked: its name may be another's by now.
    let path = format!("/dev/fd/{}", file.as_raw_fd());
    // SAFETY: `deserialize_file` asks that the bytes come from `Component::serialize` or from
    // `Engine::precompile_component`, and that the file stays as it is while it is mapped. `is_ours` has
    // checked the keyed hash that `try_store` wrote over exactly these bytes, with a key that only the
    // cache's directory holds (readable by its owner alone). `try_store` writes a file before it has
    // its name and never again; removing a name leaves what is mapped.
    unsafe { Component::deserialize_file(engine, path) }
}

/// Holds the lock of a file until the file is closed, also by the end of the process.
fn lock(path: &Path) -> Option<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    let file = options.open(path).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// The cache's own secret; made at first use, readable by its owner alone.
fn key(path: &Path) -> io::Result<[u8; 32]> {
    if let Ok(bytes) = fs::read(path)
        && let Ok(key) = <[u8; 32]>::try_from(bytes)
    {
        return Ok(key);
    }
    // With another key, what lies here fails its check and is compiled anew.
    let key: [u8; 32] = rand::random();
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

/// Feeds BLAKE3 from `Hash`, for a result that is the same in every process.
struct Hasher(blake3::Hasher);

impl std::hash::Hasher for Hasher {
    fn finish(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = *self.0.finalize().as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    const AT_ONCE: usize = 8;

    /// What so many get who do the same in one directory at the same moment.
    fn at_once<T: Send>(what: impl Fn() -> T + Sync) -> Vec<T> {
        let barrier = Barrier::new(AT_ONCE);
        thread::scope(|scope| {
            let all: Vec<_> = (0..AT_ONCE)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        what()
                    })
                })
                .collect();
            let all = all.into_iter().map(|one| one.join().expect("no panic"));
            all.collect()
        })
    }

    #[test]
    fn all_who_open_a_directory_at_once_have_its_key() {
        let dir = tempfile::tempdir().expect("a directory");
        let engine = Engine::default();
        let open = || Cache::open(dir.path(), &engine).expect("a cache");
        let keys: Vec<_> = at_once(|| open().key);
        assert!(keys.iter().all(|key| *key == keys[0]), "there are several");
        assert_eq!(open().key, keys[0], "it stays");
    }

    #[test]
    fn one_at_a_time_compiles_a_module() {
        let dir = tempfile::tempdir().expect("a directory");
        let engine = Engine::default();
        let (at_work, compiled) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let digest = ModuleDigest::of(b"a module");
        at_once(|| {
            let cache = Cache::open(dir.path(), &engine).expect("a cache");
            let turn = cache.turn_to_compile(digest).expect("files can be locked");
            assert_eq!(at_work.fetch_add(1, Ordering::SeqCst), 0, "two are at work");
            if !cache.has(digest) {
                compiled.fetch_add(1, Ordering::SeqCst);
                cache.store(digest, b"code");
            }
            at_work.fetch_sub(1, Ordering::SeqCst);
            drop(turn);
        });
        assert_eq!(compiled.into_inner(), 1);
    }
}
