//! Reading the log when the store opens. All that was acknowledged must be there: a record
//! that is cut off, changed or zeroed is refused, unless nobody was told of it. What nobody was
//! told of, at the end, is cut off.

mod chain;

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use self::chain::{Chain, End};
use super::record::{self, Row};
use super::segment::{Segment, sync_directory};
use super::writer::{Checkpointed, FREE_MAX, Log, path};
use crate::directory::Witness;
use crate::error::OpenError;
use crate::reserve::Reserve;

/// What the log needs to know to be opened.
pub(crate) struct Opening<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) segment_bytes: u64,
    /// Whether syncs are to be syncs.
    pub(crate) is_synced: bool,
    /// The number up to which everything lies in the database.
    pub(crate) mark: u64,
    pub(crate) witness: &'a Witness,
    /// What the log falls back to.
    pub(crate) reserve: Reserve,
}

impl Opening<'_> {
    /// Checks the log and gives `apply` every row that the database does not have, with the
    /// number of its record. Nothing is changed before everything is found in order.
    pub(crate) fn open(self, mut apply: impl FnMut(u64, Row<'_>)) -> Result<Log, OpenError> {
        let (dir, mark) = (self.dir, self.mark);
        let segments = segments(dir)?;
        let next_name = segments.last().map_or(0, |(number, _)| number + 1);
        let paths: Vec<_> = segments.into_iter().map(|(_, path)| path).collect();
        let chain = Chain::read(&paths)?;
        let end = chain.walk(mark, self.witness, &mut apply)?;
        let last = end.as_ref().map_or(mark, |end| end.sequence.max(mark));
        self.check_end(&chain, end.as_ref(), last)?;

        let made =
            fs::create_dir_all(dir).and_then(|()| dir.parent().map_or(Ok(()), sync_directory));
        made.map_err(OpenError::io("make", dir))?;
        for path in &chain.unreadable {
            // Nobody was told of what is in it, and it must not be read another time.
            let emptied = OpenOptions::new().write(true).open(path);
            let emptied = emptied.and_then(|file| file.set_len(0).and_then(|()| file.sync_all()));
            emptied.map_err(OpenError::io("cut", path))?;
        }
        let (active, full) = reopen(&chain, end, last, self.segment_bytes)?;
        let mut free = Vec::new();
        for path in chain.unused(mark) {
            if free.len() < FREE_MAX {
                let opened = Segment::open(path.clone(), 0, self.segment_bytes);
                free.push(opened.map_err(OpenError::io("open", path))?);
            } else {
                fs::remove_file(path).map_err(OpenError::io("remove", path))?;
            }
        }
        let checkpointed = Checkpointed::default();
        checkpointed.set(mark);
        Ok(Log {
            dir: dir.to_owned(),
            segment_bytes: self.segment_bytes,
            is_synced: self.is_synced,
            active,
            generation: chain.generation(),
            last,
            synced: last,
            full,
            free,
            next_name,
            checkpointed,
            reserve: self.reserve,
            buffer: Vec::new(),
        })
    }

    /// `last` is the number of the last record that is there, in the log or the database.
    fn check_end(&self, chain: &Chain, end: Option<&End>, last: u64) -> Result<(), OpenError> {
        let acknowledged = self.witness.acknowledged();
        if last < acknowledged {
            if !self.witness.may_be_ahead() {
                let detail = match (end, chain.unreadable.first()) {
                    (Some(end), _) => end.to_string(),
                    (None, Some(path)) => {
                        format!("but the first record of {} is damaged", path.display())
                    }
                    (None, None) => format!("but the database ends with {last}"),
                };
                return Err(self.witness.missing(last, &detail));
            }
            tracing::warn!(
                last,
                acknowledged,
                "commits without fsync were lost with the power"
            );
        }
        // The witness may be behind after a power loss, but no record is written before those
        // that it calls synced were.
        let behind_end = end.map(|end| (&end.path, &end.rest[..]));
        if let Some((path, rest)) = behind_end {
            refuse_proof(path, rest, last, end.map(End::to_string))?;
        }
        for path in &chain.unreadable {
            let bytes = fs::read(path).map_err(OpenError::io("read", path))?;
            refuse_proof(path, &bytes, last, None)?;
        }
        Ok(())
    }
}

/// Refuses a rest of a segment in which a later record says that more than `last` was synced.
fn refuse_proof(path: &Path, rest: &[u8], last: u64, end: Option<String>) -> Result<(), OpenError> {
    let pieces = (0..rest.len()).step_by(record::ALIGN);
    let headers = pieces.filter_map(|at| record::read(&rest[at..]).ok());
    let mut proofs = headers.filter(|(header, _)| header.synced > last);
    let Some((proof, _)) = proofs.next() else {
        return Ok(());
    };
    let end = end.unwrap_or_else(|| String::from("at its begin there is no record"));
    let detail = format!("{end}, yet record {} behind it is there", proof.sequence);
    Err(OpenError::damaged(path, detail))
}

/// The active segment, if the log goes on in one, and those before it with their last number.
#[expect(clippy::type_complexity, reason = "two results of one walk")]
fn reopen(
    chain: &Chain,
    end: Option<End>,
    last: u64,
    segment_bytes: u64,
) -> Result<(Option<Segment>, VecDeque<(Segment, u64)>), OpenError> {
    let mut full = VecDeque::new();
    let Some(end) = end else {
        return Ok((None, full));
    };
    for (path, last) in &end.before {
        let opened = Segment::open(path.clone(), 0, segment_bytes);
        full.push_back((opened.map_err(OpenError::io("open", path))?, *last));
    }
    let opened = Segment::open(end.path.clone(), end.at, segment_bytes);
    let mut active = opened.map_err(OpenError::io("open", &end.path))?;
    if end.sequence < last {
        // The database has more than the log: numbers go on in a segment of their own.
        full.push_back((active, end.sequence));
        return Ok((None, full));
    }
    if end.rest.iter().any(|byte| *byte != 0) {
        let (at, segments) = (end.at, chain.len());
        tracing::debug!(segment = %end.path.display(), at, segments, "cutting off what nobody was told of");
        active.truncate().map_err(OpenError::io("cut", &end.path))?;
    }
    Ok((Some(active), full))
}

/// The files of the log by the number in their name.
fn segments(dir: &Path) -> Result<Vec<(u64, PathBuf)>, OpenError> {
    let mut found = Vec::new();
    if dir.exists() {
        let files = fs::read_dir(dir).map_err(OpenError::io("list", dir))?;
        for file in files {
            let file = file.map_err(OpenError::io("list", dir))?.path();
            let number = file
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            found.extend(
                number
                    .filter(|number| path(dir, *number) == file)
                    .map(|n| (n, file)),
            );
        }
    }
    found.sort_unstable();
    Ok(found)
}
