//! Compiled modules on disk. Machine code is only ever loaded if we wrote it: each file
//! carries a keyed BLAKE3 of itself, and the key never leaves the cache's directory.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use pizza_types::ModuleDigest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;

/// The length of a BLAKE3 hash; it comes first in the file.
const MAC_BYTES: usize = 32;

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
        let key = key(&dir.join("key")).map_err(at)?;
        let mut hasher = Hasher(blake3::Hasher::new());
        std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
        let engine = hasher.0.finalize().to_hex()[..16].to_owned();
        let dir = dir.to_owned();
        Ok(Self { dir, key, engine })
    }

    fn path(&self, digest: ModuleDigest) -> PathBuf {
        self.dir.join(format!("{digest}.{}.cwasm", self.engine))
    }

    pub(crate) fn has(&self, digest: ModuleDigest) -> bool {
        self.path(digest).exists()
    }

    /// `None` when there is nothing usable; a damaged file is as good as none.
    pub(crate) fn load(&self, engine: &Engine, digest: ModuleDigest) -> Option<Component> {
        let bytes = fs::read(self.path(digest)).ok()?;
        let (mac, code) = bytes.split_at_checked(MAC_BYTES)?;
        // Comparing blake3 hashes takes the same time whatever they are.
        if self.mac(digest, code) != *<&[u8; MAC_BYTES]>::try_from(mac).ok()? {
            tracing::warn!(%digest, "a compiled module on disk is damaged; it is compiled anew");
            return None;
        }
        written_by_us(engine, code).ok()
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
        // Two processes may share the directory: each writes a file of its own.
        let part = path.with_extension(format!("part.{}", std::process::id()));
        let mut file = fs::File::create(&part)?;
        file.write_all(self.mac(digest, code).as_bytes())?;
        file.write_all(code)?;
        // Before it is renamed: a crash must not leave the name on half a file.
        file.sync_all()?;
        fs::rename(part, path)
    }

    fn mac(&self, digest: ModuleDigest, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher
            // Also whose code it is: a file that is renamed to another module is not taken for
            // it.
            .update(&digest.0)
            .update(self.engine.as_bytes())
            .update(code);
        hasher.finalize()
    }
}

/// Code of which the caller knows that our own compiler wrote it: by the keyed hash over a
/// file, or because it comes straight from the compiler's pipe.
#[allow(
    unsafe_code,
    reason = "machine code is mapped here and nowhere else; see SAFETY"
)]
pub(crate) fn written_by_us(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` asks that the bytes come from `Component::serialize` or from
    // `Engine::precompile_component`. `Cache::load` has checked the keyed hash that
    // `try_store` wrote over exactly these bytes, with a key that only the cache's
    // directory holds (readable by its owner alone); `compile::apart` has them from the
    // process that it started itself.
    unsafe { Component::deserialize(engine, code) }
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
