//! Which slot of a cluster has what. All keys of a shard have its number as their hash tag, and what
//! belongs to no shard has a tag of its own; so a tag is what a server has, whole.

use pizza_types::{SHARDS, ShardId};

pub(crate) const SLOTS: u16 = 16_384;

/// A shard, or what belongs to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Tag(u16);

impl Tag {
    /// Facts, dead letters, the view and heartbeats.
    pub(crate) const META: Self = Self(SHARDS);

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=SHARDS).map(Self)
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// What a server computes from any key with this tag.
    pub(crate) fn slot(self) -> u16 {
        crc16(self.text().as_bytes()) % SLOTS
    }

    /// What stands in braces in its keys.
    pub(crate) fn text(self) -> String {
        if self == Self::META {
            "meta".to_owned()
        } else {
            self.0.to_string()
        }
    }
}

impl From<ShardId> for Tag {
    fn from(shard: ShardId) -> Self {
        Self(shard.0)
    }
}

/// CRC-16/XMODEM, by which Redis Cluster gives keys to slots. The library has it only together with
/// its cluster client.
fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        // The test vector of the Redis Cluster specification.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        // As `CLUSTER KEYSLOT` says.
        assert_eq!(Tag::from(ShardId(7)).slot(), 1_716);
    }

    #[test]
    fn each_shard_has_a_slot_of_its_own() {
        let slots: BTreeSet<u16> = Tag::all().map(Tag::slot).collect();
        assert_eq!(slots.len(), usize::from(SHARDS) + 1);
    }
}
