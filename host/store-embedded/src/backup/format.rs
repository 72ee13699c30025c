//! What a backup's file has in it. Numbers are little endian.
//!
//! First the head: magic (8), format version (u32), shards (u16), when it was taken (u64, milliseconds
//! since 1970), the last batch in it (u64), BLAKE3 of these (16).
//!
//! Then pieces, each behind the letter `R`: a record as the log has it, with its checksum, whose
//! sequence number counts the pieces from 1. Their rows are those of all tables in the order of
//! [`Table::ALL`](crate::table::Table::ALL), and within a table in that of their keys.
//!
//! At the end the letter `E`: how many pieces (u64) and rows (u64) there are, BLAKE3 of all that is
//! before the letter (32). What has no end was cut off.

use pizza_types::SHARDS;

pub(super) const VERSION: u32 = 1;
/// Before each piece.
pub(super) const PIECE: u8 = b'R';
/// Before the end.
pub(super) const END: u8 = b'E';
pub(super) const HEAD_BYTES: usize = FIELDS + 16;
/// How many bytes come behind the letter [`END`].
pub(super) const END_BYTES: usize = 8 + 8 + 32;

const MAGIC: [u8; 8] = *b"PIZZABKP";
const FIELDS: usize = 8 + 4 + 2 + 8 + 8;

/// What is at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) created_ms: u64,
    pub(super) sequence: u64,
}

/// What is wrong with a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    NotOurs,
    Newer(u32),
    Shards(u16),
    Damaged,
}

impl Head {
    pub(super) fn bytes(self) -> Vec<u8> {
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(SHARDS.to_le_bytes());
        bytes.extend(self.created_ms.to_le_bytes());
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend(checksum(&bytes));
        bytes
    }

    pub(super) fn read(bytes: &[u8; HEAD_BYTES]) -> Result<Self, Unfit> {
        let (fields, sum) = bytes.split_at(FIELDS);
        // First: a file of something else should be called that, and not damaged.
        if fields[..8] != MAGIC {
            return Err(Unfit::NotOurs);
        }
        if checksum(fields) != *sum {
            return Err(Unfit::Damaged);
        }
        let mut rest = &fields[8..];
        let (version, shards) = (u32::from_le_bytes(take(&mut rest)), take(&mut rest));
        let shards = u16::from_le_bytes(shards);
        if version > VERSION {
            return Err(Unfit::Newer(version));
        }
        if shards != SHARDS {
            return Err(Unfit::Shards(shards));
        }
        Ok(Self {
            created_ms: u64::from_le_bytes(take(&mut rest)),
            sequence: u64::from_le_bytes(take(&mut rest)),
        })
    }
}

/// What is at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) pieces: u64,
    pub(super) rows: u64,
    /// Of all that is before the end.
    pub(super) hash: [u8; 32],
}

impl End {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![END];
        bytes.extend(self.pieces.to_le_bytes());
        bytes.extend(self.rows.to_le_bytes());
        bytes.extend(self.hash);
        bytes
    }

    pub(super) fn read(bytes: &[u8; END_BYTES]) -> Self {
        let mut rest = &bytes[..];
        Self {
            pieces: u64::from_le_bytes(take(&mut rest)),
            rows: u64::from_le_bytes(take(&mut rest)),
            hash: take(&mut rest),
        }
    }
}

/// The next field. The lengths above are those of all fields.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (field, behind) = rest
        .split_first_chunk()
        .expect("a head and an end have room for their fields");
    *rest = behind;
    *field
}

fn checksum(bytes: &[u8]) -> [u8; 16] {
    let mut sum = [0; 16];
    sum.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    sum
}
