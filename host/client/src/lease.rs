//! A lease: of several processes that could do the same work, the one that has it does it.
//!
//! The silos keep a record for each name and change it by compare-and-set. Whoever has the lease writes
//! to it again and again; whoever waits for it takes it when nothing was written for a while, by a clock of
//! its own.

use bytes::Bytes;
use pizza_types::MessageId;
use serde::{Deserialize, Serialize};

/// Who has a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// A number that its holder has drawn for this one time that it has it.
    pub holder: MessageId,
    /// How often the holder has written to it.
    pub beat: u64,
}

/// Under which lease something is done: it is not done when another one has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseClaim {
    pub name: String,
    pub holder: MessageId,
}

impl LeaseRecord {
    /// As it is kept in a store.
    #[must_use]
    pub fn to_bytes(self) -> Bytes {
        [&self.holder.0[..], &self.beat.to_le_bytes()]
            .concat()
            .into()
    }

    /// `None` for what is no record.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (holder, beat) = bytes.split_first_chunk()?;
        Some(Self {
            holder: MessageId(*holder),
            beat: u64::from_le_bytes(beat.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let record = LeaseRecord {
            holder: MessageId([7; 16]),
            beat: 300,
        };
        assert_eq!(LeaseRecord::from_bytes(&record.to_bytes()), Some(record));
        assert_eq!(LeaseRecord::from_bytes(&record.to_bytes()[1..]), None);
    }
}
