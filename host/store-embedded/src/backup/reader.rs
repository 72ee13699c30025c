//! A backup as it is read.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::error::BackupError;
use super::format::{END, END_BYTES, End, HEAD_BYTES, Head, PIECE, Unfit, VERSION};
use super::summary::Summary;
use crate::log::{self, Row};
use crate::table::Table;
use pizza_types::SHARDS;

/// What is read at once.
const BUFFER_BYTES: usize = 1 << 20;
/// More than any piece has; a length beyond it is none.
const PIECE_BYTES_MAX: u64 = 1 << 30;

pub(super) struct Reader {
    file: PathBuf,
    from: BufReader<File>,
    hash: blake3::Hasher,
    /// How many bytes were read.
    at: u64,
    head: Head,
    pieces: u64,
    rows: u64,
    actors: u64,
    /// The table and the key of the last row: the next one comes behind it.
    last: Option<(usize, Vec<u8>)>,
    bytes: Vec<u8>,
}

impl Reader {
    /// # Errors
    /// When it does not begin like a backup that this program reads.
    pub(super) fn new(file: &Path, opened: File) -> Result<Self, BackupError> {
        let mut reader = Self {
            file: file.to_owned(),
            from: BufReader::with_capacity(BUFFER_BYTES, opened),
            hash: blake3::Hasher::new(),
            at: 0,
            head: Head {
                created_ms: 0,
                sequence: 0,
            },
            pieces: 0,
            rows: 0,
            actors: 0,
            last: None,
            bytes: Vec::new(),
        };
        let mut head = [0; HEAD_BYTES];
        // What is too short for a head is no backup.
        if reader.from.read_exact(&mut head).is_err() {
            return Err(reader.unfit(&Unfit::NotOurs));
        }
        reader.hash.update(&head);
        reader.head = Head::read(&head).map_err(|unfit| reader.unfit(&unfit))?;
        reader.at = HEAD_BYTES as u64;
        Ok(reader)
    }

    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        self.at
    }

    /// What it has; all of it only behind the last piece.
    pub(super) fn summary(&self) -> Summary {
        Summary {
            created_ms: self.head.created_ms,
            sequence: self.head.sequence,
            actors: self.actors,
            rows: self.rows,
            bytes: self.at,
        }
    }

    /// Gives the rows of the next piece; false when there is none, and all that was read is whole.
    ///
    /// # Errors
    /// When the file is not what was written, and what `row` says.
    pub(super) fn next_piece(
        &mut self,
        row: &mut dyn FnMut(Row<'_>) -> Result<(), BackupError>,
    ) -> Result<bool, BackupError> {
        let mut tag = [0];
        self.fill(&mut tag)?;
        match tag[0] {
            PIECE => self.piece(row).map(|()| true),
            END => self.end().map(|()| false),
            _ => Err(self.damaged("neither a piece nor the end begins here")),
        }
    }

    fn piece(
        &mut self,
        row: &mut dyn FnMut(Row<'_>) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.resize(log::HEADER, 0);
        self.fill(&mut bytes)?;
        let length = log::payload_length(&bytes).filter(|length| *length <= PIECE_BYTES_MAX);
        let length = length.and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or_else(|| self.damaged("a piece does not begin as it should"))?;
        bytes.resize(log::HEADER + length, 0);
        self.fill(&mut bytes[log::HEADER..])?;
        let (header, payload) = log::read(&bytes).map_err(|why| self.damaged(why))?;
        self.hash.update(&[PIECE]);
        self.hash.update(&bytes);
        self.pieces += 1;
        if header.sequence != self.pieces {
            return Err(self.damaged(&format!(
                "piece {} is where piece {} belongs",
                header.sequence, self.pieces
            )));
        }
        for found in log::rows(payload) {
            let found = found.map_err(|why| self.damaged(why))?;
            self.expect_order(&found)?;
            row(found)?;
        }
        self.bytes = bytes;
        Ok(())
    }

    /// A row comes once, and behind those before it: whoever makes a store of it relies on that.
    fn expect_order(&mut self, (table, key, value): &Row<'_>) -> Result<(), BackupError> {
        let number = *table as usize;
        let is_behind = match &self.last {
            Some((last, before)) => (*last, &before[..]) < (number, *key),
            None => true,
        };
        if !is_behind || value.is_none() {
            return Err(self.damaged("a row is out of its order"));
        }
        let (last, before) = self.last.get_or_insert_default();
        *last = number;
        before.clear();
        before.extend(*key);
        self.rows += 1;
        self.actors += u64::from(*table == Table::Actors);
        Ok(())
    }

    fn end(&mut self) -> Result<(), BackupError> {
        let mut bytes = [0; END_BYTES];
        self.fill(&mut bytes)?;
        let found = End {
            pieces: self.pieces,
            rows: self.rows,
            hash: *self.hash.finalize().as_bytes(),
        };
        if End::read(&bytes) != found {
            return Err(self.damaged("its end tells of something else than what is before it"));
        }
        let mut more = [0];
        match self.from.read(&mut more) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("something comes behind its end")),
            Err(error) => Err(BackupError::io("read", &self.file)(error)),
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        match self.from.read_exact(bytes) {
            Ok(()) => {
                self.at += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(self.damaged("it ends here, and was longer when it was written"))
            }
            Err(error) => Err(BackupError::io("read", &self.file)(error)),
        }
    }

    fn damaged(&self, detail: &str) -> BackupError {
        BackupError::Damaged {
            file: self.file.clone(),
            at: self.at,
            detail: detail.to_owned(),
        }
    }

    fn unfit(&self, unfit: &Unfit) -> BackupError {
        let file = self.file.clone();
        match *unfit {
            Unfit::NotOurs => BackupError::NotOurs { file },
            Unfit::Newer(found) => BackupError::Newer {
                file,
                found,
                supported: VERSION,
            },
            Unfit::Shards(found) => BackupError::Shards {
                file,
                found,
                expected: SHARDS,
            },
            Unfit::Damaged => self.damaged("the checksum of its head does not match"),
        }
    }
}
