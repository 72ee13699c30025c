//! Names of things. Each is checked once, where it enters; behind that it is trusted.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The number of shards that a store is cut into; fixed in the store's header for its whole life.
pub const SHARDS: u16 = 1024;

/// The longest actor type or key, in bytes (the allowed characters are one byte each).
pub const KEY_BYTES_MAX: usize = 128;

/// An actor: `type/key`. It always exists; it may never have been asked anything.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActorId {
    actor_type: Arc<str>,
    key: Arc<str>,
}

/// Why a string is not an actor type or key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum InvalidId {
    #[error("{what} is empty; it takes 1 to {max} characters")]
    Empty { what: Cow<'static, str>, max: usize },
    #[error("{what} has {len} characters; at most {max} are allowed")]
    TooLong {
        what: Cow<'static, str>,
        len: usize,
        max: usize,
    },
    #[error("{what} contains {found:?} at position {at}; allowed are A-Z a-z 0-9 . _ : -")]
    Character {
        what: Cow<'static, str>,
        found: char,
        at: usize,
    },
}

fn check(what: &'static str, text: &str) -> Result<(), InvalidId> {
    let max = KEY_BYTES_MAX;
    let what = Cow::Borrowed(what);
    if text.is_empty() {
        return Err(InvalidId::Empty { what, max });
    }
    // The character before the length: a long text of something else is first of all that.
    if let Some((at, found)) = text
        .chars()
        .enumerate()
        .find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-')))
    {
        return Err(InvalidId::Character { what, found, at });
    }
    if text.len() > max {
        let len = text.len();
        return Err(InvalidId::TooLong { what, len, max });
    }
    Ok(())
}

impl ActorId {
    /// An id of a type and a key.
    ///
    /// # Errors
    /// When either part is empty, longer than 128 characters, or has a character
    /// outside `A–Z a–z 0–9 . _ : -`.
    pub fn new(
        actor_type: impl Into<Arc<str>>,
        key: impl Into<Arc<str>>,
    ) -> Result<Self, InvalidId> {
        // One rule for both: a type is part of file names and topics as a key is.
        let (actor_type, key) = (actor_type.into(), key.into());
        check("the actor type", &actor_type)?;
        check("the actor key", &key)?;
        Ok(Self { actor_type, key })
    }

    /// The part before the slash: the name of the type.
    #[must_use]
    pub fn actor_type(&self) -> &Arc<str> {
        &self.actor_type
    }

    /// The part behind the slash, which tells the actors of one type apart.
    #[must_use]
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// The shard where the actor's rows live. It never changes, for it is part of the data
    /// format.
    #[must_use]
    pub fn shard(&self) -> ShardId {
        ShardId::of(&self.actor_type, &self.key)
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.actor_type, self.key)
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One of [`SHARDS`] parts of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ShardId(pub u16);

impl ShardId {
    /// The shard of what has two names: an actor its type and key, a stream its name and key.
    #[must_use]
    pub fn of(name: &str, key: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(name.as_bytes());
        // No actor type contains it, so two different actors never hash the same text.
        hasher.update(b"/");
        hasher.update(key.as_bytes());
        let hash = hasher.finalize();
        // 65,536 is a multiple of the number of shards, so none gets more than another.
        let [low, high, ..] = *hash.as_bytes();
        Self(u16::from_le_bytes([low, high]) % SHARDS)
    }
}

/// Names a message for ever: the same message sent again has the same id, and
/// takes effect once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId(pub [u8; 16]);

impl MessageId {
    /// An id that follows from what it names. `scope` keeps different kinds of
    /// names apart; each part is length-prefixed, so that no two lists collide.
    #[must_use]
    pub fn derive(scope: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in std::iter::once(&scope.as_bytes()).chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut id = [0; 16];
        // Half of the hash: 128 bits are enough that no two ids ever meet.
        hasher.finalize_xof().fill(&mut id);
        Self(id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A silo, with its generation: a silo that starts again is another silo.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SiloId(pub Arc<str>);

impl SiloId {
    /// The id of the silo's `generation`th start.
    #[must_use]
    pub fn of(name: &str, generation: u64) -> Self {
        Self(format!("{name}.{generation}").into())
    }

    /// The number of the start behind the last dot of the id; 0 when it tells none, as if the
    /// silo had been there before any.
    #[must_use]
    pub fn generation(&self) -> u64 {
        let number = self.0.rsplit_once('.').map(|(_, number)| number);
        number.and_then(|n| n.parse().ok()).unwrap_or(0)
    }
}

impl fmt::Display for SiloId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a module: the BLAKE3 hash of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModuleDigest(pub [u8; 32]);

impl ModuleDigest {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

/// 64 hexadecimal digits, as they are displayed.
impl FromStr for ModuleDigest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        // Cut: it is repeated in an error, and may be anybody's input.
        let invalid = || InvalidDigest(text.chars().take(80).collect());
        let mut bytes = [0; 32];
        // All of them: a number may have a sign where it is read below.
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).unwrap_or_default();
            *byte = u8::from_str_radix(digits, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no module digest: 64 hexadecimal digits")]
pub struct InvalidDigest(String);

impl fmt::Display for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_checked_where_they_enter() {
        let long = "k".repeat(129);
        for (key, fragment) in [
            ("", "empty"),
            ("a/b", "'/'"),
            ("a\0b", "'\\0'"),
            ("../x", "'/'"),
            ("käse", "'ä'"),
            (long.as_str(), "129"),
        ] {
            let error = ActorId::new("meter", key).expect_err(key).to_string();
            assert!(error.contains(fragment), "{key:?}: {error}");
        }
        let id = ActorId::new("meter", "meter-17.A_b:c").expect("legal");
        assert_eq!(id.to_string(), "meter/meter-17.A_b:c");
    }

    #[test]
    fn derived_ids_keep_their_parts_apart() {
        let id = |parts: &[&[u8]]| MessageId::derive("test", parts);
        assert_eq!(id(&[b"ab", b"c"]), id(&[b"ab", b"c"]));
        assert_ne!(id(&[b"ab", b"c"]), id(&[b"a", b"bc"]));
        assert_ne!(id(&[b"a"]), MessageId::derive("tes", &[b"ta"]));
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits_and_nothing_else() {
        let right = "0a".repeat(32);
        let read: ModuleDigest = right.parse().expect("a digest");
        assert_eq!(read.to_string(), right);
        for wrong in [
            "+a".repeat(32),
            "0a".repeat(31),
            "0g".repeat(32),
            "ä".repeat(32),
        ] {
            assert!(wrong.parse::<ModuleDigest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shards_are_part_of_the_data_format() {
        let id = ActorId::new("meter", "meter-1").expect("legal");
        assert_eq!(id.shard(), id.clone().shard());
        assert!(id.shard().0 < SHARDS);
    }
}
