//! A backup as it is written: everything that a view shows, piece by piece. The view stands while the
//! store goes on; until the last piece is read, what it shows is kept in memory and on the disk.

use std::collections::BTreeMap;

use fjall::Slice;
use pizza_store::StoreError;

use super::format::{End, Head, PIECE};
use crate::key::{CHECKPOINT, SEQUENCE};
use crate::log::Record;
use crate::row;
use crate::stream_head;
use crate::table::Table;
use crate::view::View;

/// A piece has so many bytes of rows, and the rest of its last row.
const PIECE_BYTES: usize = 1 << 20;

type Rows = Box<dyn Iterator<Item = Result<(Slice, Slice), StoreError>> + Send>;

/// The pieces of a backup, in their order. Nothing is to be read behind an error.
pub(crate) struct Pieces {
    view: View,
    head: Option<Head>,
    tables: std::array::IntoIter<Table, { Table::COUNT }>,
    /// The rows that are left of a table.
    of_table: Option<(Table, Rows)>,
    hash: blake3::Hasher,
    pieces: u64,
    rows: u64,
    has_ended: bool,
}

impl Pieces {
    /// `created_ms` is the date, in milliseconds since 1970.
    pub(crate) fn of(view: View, created_ms: u64) -> Self {
        let sequence = view.sequence();
        Self {
            view,
            head: Some(Head {
                created_ms,
                sequence,
            }),
            tables: Table::ALL.into_iter(),
            of_table: None,
            hash: blake3::Hasher::new(),
            pieces: 0,
            rows: 0,
            has_ended: false,
        }
    }

    fn piece(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut record = Record::new();
        let before = self.rows;
        while record.bytes() < PIECE_BYTES {
            let Some((table, key, value)) = self.row()? else {
                break;
            };
            record.push(table, &key, Some(&value));
            self.rows += 1;
        }
        if self.rows == before {
            return Ok(self.end());
        }
        self.pieces += 1;
        record.sequence = self.pieces;
        let sealed = record.seal(0, 0);
        let sealed = sealed.map_err(|detail| StoreError::Corrupt { detail })?;
        let mut bytes = Vec::with_capacity(sealed.len() + 1);
        bytes.push(PIECE);
        bytes.extend(sealed);
        self.hash.update(&bytes);
        Ok(bytes)
    }

    /// The next row of the table that is read, or of the next one that has any.
    fn row(&mut self) -> Result<Option<(Table, Slice, Slice)>, StoreError> {
        loop {
            if let Some((table, rows)) = &mut self.of_table {
                if let Some(row) = rows.next() {
                    let (key, value) = row?;
                    return Ok(Some((*table, key, value)));
                }
                self.of_table = None;
            }
            let Some(table) = self.tables.next() else {
                return Ok(None);
            };
            self.of_table = Some((table, self.rows_of(table)?));
        }
    }

    fn rows_of(&self, table: Table) -> Result<Rows, StoreError> {
        let rows = self.view.scan(table, &[], None);
        Ok(match table {
            // The database has them as the last checkpoint left them; this is how they are by now.
            Table::StreamHeads => heads(stream_head::all(&self.view, &[])?),
            // What is in the log here is in the database of the store that is made of it.
            Table::System => Box::new(rows.filter(|row| !row.as_ref().is_ok_and(is_of_the_log))),
            _ => Box::new(rows),
        })
    }

    fn end(&mut self) -> Vec<u8> {
        self.has_ended = true;
        let end = End {
            pieces: self.pieces,
            rows: self.rows,
            hash: *self.hash.finalize().as_bytes(),
        };
        end.bytes()
    }
}

impl Iterator for Pieces {
    type Item = Result<Vec<u8>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(head) = self.head.take() {
            let bytes = head.bytes();
            self.hash.update(&bytes);
            return Some(Ok(bytes));
        }
        (!self.has_ended).then(|| self.piece())
    }
}

fn is_of_the_log((key, _): &(Slice, Slice)) -> bool {
    **key == *CHECKPOINT || **key == *SEQUENCE
}

fn heads(heads: BTreeMap<Vec<u8>, u64>) -> Rows {
    let rows = heads
        .into_iter()
        .map(|(stream, position)| Ok((stream.into(), row::encode(&position).into())));
    Box::new(rows)
}
