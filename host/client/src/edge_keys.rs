//! Keys that all edges of a cluster share: what one of them has sealed or derived, the others open and
//! know again. The silos keep them, and edges ask for them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How long a key seals before a new one does, in milliseconds: seven days.
const SEALS_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// How many keys there are: the one that seals, and the one before it, which still opens.
const SEALING_KEYS: usize = 2;

/// The secret of a key. Nothing shows it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySecret(pub [u8; 32]);

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

/// A key by which edges seal what clients keep for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeKey {
    pub id: u32,
    /// When it was made, by the clock of the silo that made it.
    pub made_ms: u64,
    pub secret: KeySecret,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeKeys {
    /// The newest first, which seals. Those behind it open what they have sealed.
    pub sealing: Vec<EdgeKey>,
    /// For what has to follow from it in the same way for ever. It is never replaced.
    pub lasting: KeySecret,
}

impl EdgeKeys {
    /// The first ones.
    #[must_use]
    pub fn new(now_ms: u64) -> Self {
        Self {
            sealing: vec![EdgeKey::new(now_ms)],
            lasting: KeySecret(rand::random()),
        }
    }

    /// These keys with a new one in front; `None` while the one that seals is young enough.
    #[must_use]
    pub fn renewed(&self, now_ms: u64) -> Option<Self> {
        let newest = self.sealing.first();
        if newest.is_some_and(|key| now_ms.saturating_sub(key.made_ms) < SEALS_MS) {
            return None;
        }
        let mut sealing = vec![EdgeKey::new(now_ms)];
        sealing.extend(self.sealing.iter().take(SEALING_KEYS - 1).cloned());
        let lasting = self.lasting;
        Some(Self { sealing, lasting })
    }
}

impl EdgeKey {
    fn new(now_ms: u64) -> Self {
        Self {
            id: rand::random(),
            made_ms: now_ms,
            secret: KeySecret(rand::random()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_seals_for_a_week_and_opens_for_another() {
        let first = EdgeKeys::new(1_000);
        assert_eq!(first.renewed(1_000 + SEALS_MS - 1), None);
        assert_eq!(first.renewed(0), None, "the clock was set back");
        let second = first.renewed(1_000 + SEALS_MS).expect("a new key");
        assert_eq!(second.sealing.len(), 2);
        assert_eq!(second.sealing[1], first.sealing[0]);
        assert_eq!(second.lasting, first.lasting);
        let third = second.renewed(1_000 + 2 * SEALS_MS).expect("a new key");
        assert_eq!(third.sealing.len(), 2);
        assert_eq!(third.sealing[1], second.sealing[0], "the first is gone");
    }

    #[test]
    fn no_secret_is_shown() {
        let mut keys = EdgeKeys::new(0);
        keys.lasting = KeySecret([77; 32]);
        let shown = format!("{keys:?}");
        assert!(
            !shown.contains("77, 77") && !shown.contains("4d4d"),
            "{shown}"
        );
    }
}
