//! The segments in the order of their use, and the walk over their records.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::super::record::{self, HEADER, Header, Row};
use crate::directory::Witness;
use crate::error::OpenError;

pub(super) struct Chain {
    /// The segments whose first record is sound, by generation.
    segments: Vec<(PathBuf, Header)>,
    /// The others.
    pub(super) unreadable: Vec<PathBuf>,
}

/// Where the log ends.
pub(super) struct End {
    pub(super) path: PathBuf,
    /// The byte behind the last record.
    pub(super) at: u64,
    /// The number of the last record.
    pub(super) sequence: u64,
    /// What is there instead of another record.
    what: &'static str,
    /// What lies behind the end in the same file.
    pub(super) rest: Vec<u8>,
    /// The segments before this one, with the numbers of their last records.
    pub(super) before: Vec<(PathBuf, u64)>,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, at, what) = (self.path.display(), self.at, self.what);
        write!(f, "but in {path} at byte {at} {what}")
    }
}

impl Chain {
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, OpenError> {
        let (mut segments, mut unreadable) = (Vec::new(), Vec::new());
        for path in paths {
            match first(path).map_err(OpenError::io("read", path))? {
                Some(first) => segments.push((path.clone(), first)),
                None => unreadable.push(path.clone()),
            }
        }
        segments.sort_unstable_by_key(|(_, first)| first.generation);
        Ok(Self {
            segments,
            unreadable,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    /// The newest generation.
    pub(super) fn generation(&self) -> u64 {
        self.segments
            .last()
            .map_or(0, |(_, first)| first.generation)
    }

    /// The first segment that may have something behind `mark`.
    fn start(&self, mark: u64) -> usize {
        let firsts = self.segments.iter().map(|(_, first)| first.sequence);
        let before = firsts.take_while(|first| *first <= mark + 1).count();
        before.saturating_sub(1)
    }

    /// The segments that nobody needs once `mark` is reached.
    pub(super) fn unused(&self, mark: u64) -> impl Iterator<Item = &PathBuf> {
        let before = self.segments[..self.start(mark)].iter();
        before.map(|(path, _)| path).chain(&self.unreadable)
    }

    /// Goes over the records behind `mark`. `None` when there is no record at all.
    pub(super) fn walk(
        &self,
        mark: u64,
        witness: &Witness,
        apply: &mut impl FnMut(u64, Row<'_>),
    ) -> Result<Option<End>, OpenError> {
        let segments = &self.segments[self.start(mark)..];
        if let Some((path, first)) = segments.first()
            && first.sequence > mark + 1
        {
            let (path, first) = (path.display(), first.sequence);
            let detail =
                format!("but {path} begins with record {first}, and the database ends with {mark}");
            return Err(witness.missing(mark, &detail));
        }
        let mut before = Vec::new();
        for (index, (path, first)) in segments.iter().enumerate() {
            let end = walk_one(path, *first, mark, apply)?;
            let Some((_, next)) = segments.get(index + 1) else {
                return Ok(Some(End { before, ..end }));
            };
            // Only the last one was written to, so only that one may end anywhere.
            if next.sequence != end.sequence + 1 || next.generation != first.generation + 1 {
                let detail = format!("at byte {} {}", end.at, end.what);
                return Err(OpenError::damaged(path, detail));
            }
            before.push((path.clone(), end.sequence));
        }
        Ok(None)
    }
}

fn walk_one(
    path: &Path,
    first: Header,
    mark: u64,
    apply: &mut impl FnMut(u64, Row<'_>),
) -> Result<End, OpenError> {
    let mut bytes = fs::read(path).map_err(OpenError::io("read", path))?;
    let (mut at, mut next) = (0, first.sequence);
    let what = loop {
        let (header, payload) = match record::read(&bytes[at..]) {
            Ok(record) => record,
            Err(what) => break what,
        };
        if header.generation != first.generation {
            break "there is a record of an earlier use";
        }
        if header.sequence != next {
            break "there is a record with another number";
        }
        if header.sequence > mark {
            for row in record::rows(payload) {
                let row =
                    row.map_err(|what| OpenError::damaged(path, format!("at byte {at} {what}")))?;
                apply(header.sequence, row);
            }
        }
        at += HEADER + header.length;
        next += 1;
    };
    Ok(End {
        path: path.to_owned(),
        at: at as u64,
        sequence: next - 1,
        what,
        rest: bytes.split_off(at),
        before: Vec::new(),
    })
}

/// The header of the first record, if that is sound.
fn first(path: &Path) -> io::Result<Option<Header>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(HEADER);
    (&mut file).take(HEADER as u64).read_to_end(&mut bytes)?;
    let Some(payload) = record::payload_length(&bytes) else {
        return Ok(None);
    };
    // A damaged length does not make it ask for more memory than the file has bytes.
    file.take(payload.min(length)).read_to_end(&mut bytes)?;
    Ok(record::read(&bytes).ok().map(|(header, _)| header))
}
