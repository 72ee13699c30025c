//! Reading a journal of the database (its format 3): batch after batch, each a start
//! mark with the count of items, the items, and an end mark with their checksum.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::key::SEQUENCE;
use crate::row;
use crate::table::Table;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const TRAILER: [u8; 4] = *b"FJL\x03";

/// The length of an item's header: type, compression, keyspace, length of the key, of the value,
/// and of it on disk.
const ITEM_HEADER: usize = 1 + 1 + 8 + 2 + 4 + 4;

/// The numbers in a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    /// The database's own number.
    pub(super) seqno: u64,
    /// Our own number, from the row that is in every batch.
    pub(super) sequence: u64,
    /// A lower bound of the database's own number, from the same row: no checksum covers that
    /// number itself.
    pub(super) at_least: u64,
}

#[derive(Debug)]
pub(super) enum Next {
    Batch(Batch),
    /// The file ends, or nothing but zeros follows.
    End,
    /// What comes is not a batch; the text says what is wrong with it.
    Damaged(&'static str),
}

pub(super) struct Batches {
    reader: BufReader<File>,
    /// Where the last whole batch ends.
    end: u64,
    read: u64,
    length: u64,
    /// Whether all that was read since `end` is zero.
    zeros: bool,
}

impl Batches {
    pub(super) fn open(journal: &Path) -> io::Result<Self> {
        let file = File::open(journal)?;
        Ok(Self {
            length: file.metadata()?.len(),
            reader: BufReader::with_capacity(64 << 10, file),
            end: 0,
            read: 0,
            zeros: true,
        })
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn next(&mut self) -> io::Result<Next> {
        self.zeros = true;
        let what = match self.batch() {
            Ok(Ok(batch)) => {
                self.end = self.read;
                return Ok(Next::Batch(batch));
            }
            Ok(Err(what)) => what,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => "a batch is cut off",
            Err(error) => return Err(error),
        };
        // A file may have been made larger than what is written: zeros to the end are no damage.
        while self.zeros && self.read < self.length {
            let piece = (self.length - self.read).min(64 << 10);
            self.take(piece)?;
        }
        if self.zeros {
            return Ok(Next::End);
        }
        Ok(Next::Damaged(what))
    }

    fn batch(&mut self) -> io::Result<Result<Batch, &'static str>> {
        if self.byte()? != START {
            return Ok(Err("there is no start of a batch"));
        }
        let items = u32::from_le_bytes(self.array()?);
        let seqno = u64::from_le_bytes(self.array()?);
        let mut checksum = Xxh3::new();
        let mut numbers = None;
        for _ in 0..items {
            if self.byte()? != ITEM {
                return Ok(Err("a batch has too few items"));
            }
            let (key, value) = self.item(&mut checksum)?;
            if key == SEQUENCE {
                numbers = row::decode::<(u64, u64)>(Table::System, &key, &value).ok();
            }
        }
        if self.byte()? != END {
            return Ok(Err("a batch has too many items"));
        }
        let expected = u64::from_le_bytes(self.array()?);
        if self.array()? != TRAILER {
            return Ok(Err("a batch has no end"));
        }
        if checksum.digest() != expected {
            return Ok(Err("the checksum of a batch does not match"));
        }
        Ok(numbers
            .map(|(sequence, at_least)| Batch {
                seqno,
                sequence,
                at_least,
            })
            .ok_or("a batch has no number"))
    }

    fn item(&mut self, checksum: &mut Xxh3) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let header: [u8; ITEM_HEADER] = self.array()?;
        checksum.update(&[ITEM]);
        checksum.update(&header);
        let [.., k0, k1, _, _, _, _, v0, v1, v2, v3] = header;
        let key = self.take(u64::from(u16::from_le_bytes([k0, k1])))?;
        checksum.update(&key);
        let value = self.take(u64::from(u32::from_le_bytes([v0, v1, v2, v3])))?;
        checksum.update(&value);
        Ok((key, value))
    }

    fn byte(&mut self) -> io::Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.note(&bytes);
        Ok(bytes)
    }

    /// A damaged length does not make it ask for more memory than the file has bytes.
    fn take(&mut self, length: u64) -> io::Result<Vec<u8>> {
        if length > self.length.saturating_sub(self.read) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length as usize];
        self.reader.read_exact(&mut bytes)?;
        self.note(&bytes);
        Ok(bytes)
    }

    fn note(&mut self, bytes: &[u8]) {
        self.read += bytes.len() as u64;
        self.zeros &= bytes.iter().all(|byte| *byte == 0);
    }
}
