//! What a record of the log is. Numbers are little endian:
//!
//! checksum (u64, XXH3 of all that follows), generation of the segment (u64), sequence number
//! (u64), up to which sequence number all was synced when it was written (u64), length of the
//! payload (u32), mark (4). Then the payload: rows, filled up with zeros to a multiple of 8.
//!
//! A row: the table's number plus one, with the highest bit set when the row is removed (u8);
//! length of the key (u32); length of the value (u32), unless removed; key; value.

use xxhash_rust::xxh3::xxh3_64;

use crate::table::Table;

pub(crate) const HEADER: usize = 8 + 8 + 8 + 8 + 4 + 4;
/// What most records have room in, so that one is not copied while it grows.
const USUAL_BYTES: usize = 1024;
/// Records begin at multiples of this.
pub(super) const ALIGN: usize = 8;
const MARK: [u8; 4] = *b"PZL1";
const REMOVED: u8 = 0x80;

/// One record in the making: the rows of one request.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) sequence: u64,
    /// Room for the header, then the rows.
    bytes: Vec<u8>,
}

/// A change of a row, as a record has it: `None` removes it.
pub(crate) type Row<'a> = (Table, &'a [u8], Option<&'a [u8]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Which use of its segment a record belongs to: a segment that is used again still holds
    /// records of its earlier use, with good checksums.
    pub(crate) generation: u64,
    pub(crate) sequence: u64,
    /// A record behind a damaged one proves by it that the damaged one was on disk once.
    pub(crate) synced: u64,
    pub(crate) length: usize,
}

impl Record {
    /// Its number is known only when it is staged.
    pub(crate) fn new() -> Self {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.resize(HEADER, 0);
        Self { sequence: 0, bytes }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn push(&mut self, table: Table, key: &[u8], value: Option<&[u8]>) {
        let tag = table as u8 + 1;
        // A length that does not fit makes the whole record too long, which `seal` refuses.
        let length = |bytes: &[u8]| (bytes.len() as u32).to_le_bytes();
        self.bytes
            .push(if value.is_some() { tag } else { tag | REMOVED });
        self.bytes.extend(length(key));
        self.bytes.extend(value.map(length).iter().flatten());
        self.bytes.extend(key);
        self.bytes.extend(value.unwrap_or_default());
    }

    /// How long it is when it is completed.
    pub(super) fn sealed_bytes(&self) -> u64 {
        self.bytes.len().next_multiple_of(ALIGN) as u64
    }

    /// Completes the record for its place in the log.
    pub(crate) fn seal(&mut self, generation: u64, synced: u64) -> Result<&[u8], String> {
        self.bytes
            .resize(self.bytes.len().next_multiple_of(ALIGN), 0);
        let Ok(length) = u32::try_from(self.bytes.len() - HEADER) else {
            return Err(String::from("a group is larger than a record may be"));
        };
        self.bytes[8..16].copy_from_slice(&generation.to_le_bytes());
        self.bytes[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        self.bytes[24..32].copy_from_slice(&synced.to_le_bytes());
        self.bytes[32..36].copy_from_slice(&length.to_le_bytes());
        self.bytes[36..40].copy_from_slice(&MARK);
        let checksum = xxh3_64(&self.bytes[8..]);
        self.bytes[..8].copy_from_slice(&checksum.to_le_bytes());
        Ok(&self.bytes)
    }
}

/// Reads the record at the start of `bytes`; the text says what is wrong with it.
pub(crate) fn read(bytes: &[u8]) -> Result<(Header, &[u8]), &'static str> {
    let Some((fields, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Err("the file ends");
    };
    if fields[36..] != MARK {
        return Err("there is no record");
    }
    let number = |at: usize| {
        let bytes = fields[at..].first_chunk::<8>();
        u64::from_le_bytes(*bytes.expect("at is the place of a field"))
    };
    let length = u32::from_le_bytes([fields[32], fields[33], fields[34], fields[35]]) as usize;
    let Some(payload) = rest.get(..length) else {
        return Err("a record is cut off");
    };
    if xxh3_64(&bytes[8..HEADER + length]) != number(0) {
        return Err("the checksum of a record does not match");
    }
    let header = Header {
        generation: number(8),
        sequence: number(16),
        synced: number(24),
        length,
    };
    Ok((header, payload))
}

/// The length that a header gives its payload; the checksum tells later whether it is true.
pub(crate) fn payload_length(header: &[u8]) -> Option<u64> {
    let fields = header.first_chunk::<HEADER>()?;
    let length = [fields[32], fields[33], fields[34], fields[35]];
    (fields[36..] == MARK).then(|| u64::from(u32::from_le_bytes(length)))
}

/// The rows of a payload, in the order in which they were written.
pub(crate) fn rows(mut payload: &[u8]) -> impl Iterator<Item = Result<Row<'_>, &'static str>> {
    std::iter::from_fn(move || {
        let (tag, rest) = payload.split_first().filter(|(tag, _)| **tag != 0)?;
        let row = row(*tag, rest);
        payload = row.map_or(&[], |(_, rest)| rest);
        Some(row.map(|(row, _)| row).ok_or("a row cannot be read"))
    })
}

fn row(tag: u8, rest: &[u8]) -> Option<(Row<'_>, &[u8])> {
    let table = *Table::ALL.get(usize::from(tag & !REMOVED) - 1)?;
    let length = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
    let (key, rest) = rest
        .split_first_chunk()
        .map(|(n, rest)| (length(n), rest))?;
    if tag & REMOVED != 0 {
        let (key, rest) = rest.split_at_checked(key)?;
        return Some(((table, key, None), rest));
    }
    let (value, rest) = rest
        .split_first_chunk()
        .map(|(n, rest)| (length(n), rest))?;
    let (key, rest) = rest.split_at_checked(key)?;
    let (value, rest) = rest.split_at_checked(value)?;
    Some(((table, key, Some(value)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Vec<u8> {
        let mut record = Record::new();
        record.sequence = 7;
        record.push(Table::States, b"key", Some(b"value"));
        record.push(Table::Delayed, b"gone", None);
        record.push(Table::System, b"", Some(b""));
        record.seal(3, 6).expect("small").to_vec()
    }

    #[test]
    fn a_record_comes_back() {
        let bytes = example();
        let (header, payload) = read(&bytes).expect("sound");
        assert_eq!(
            (header.generation, header.sequence, header.synced),
            (3, 7, 6)
        );
        assert_eq!(HEADER + header.length, bytes.len());
        let rows: Result<Vec<_>, _> = rows(payload).collect();
        let expected: Vec<Row<'_>> = vec![
            (Table::States, b"key", Some(b"value")),
            (Table::Delayed, b"gone", None),
            (Table::System, b"", Some(b"")),
        ];
        assert_eq!(rows, Ok(expected));
    }

    #[test]
    fn every_bit_counts() {
        let bytes = example();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            read(&bytes).expect_err("bit {bit} was not noticed");
        }
        for length in 0..bytes.len() {
            read(&bytes[..length]).expect_err("it is cut off");
        }
    }
}
