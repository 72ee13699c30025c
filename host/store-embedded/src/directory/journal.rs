//! The database's journals, checked before the database opens them. Its own recovery
//! stops at the first damage and cuts off what follows, for a torn end as for a flipped
//! bit in the middle, and it trusts the few bytes that no checksum covers. Here the
//! batches must number on without a gap, up to the last acknowledged one at least; only what was
//! never acknowledged may be cut off.

mod batch;
#[cfg(test)]
mod tests;

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use self::batch::{Batch, Batches, Next};
use super::witness::Witness;
use crate::error::OpenError;

/// The database numbers its batches too, along with its own housekeeping; numbers that
/// are further apart than this were not written by it.
const HOUSEKEEPING_MAX: u64 = 1 << 20;

/// The file that the database makes last when it is made.
const MADE: &str = "version";

/// `witness` is the one whose numbers the journals have, if there is one. Without it an end that is
/// cut off is missed when the database says how far it is.
pub(super) fn check(data: &Path, witness: Option<&Witness>) -> Result<(), OpenError> {
    let mut last = None;
    let mut journals = journals(data)?;
    // Nothing that is needed is in it; but without it the database begins to count anew, and
    // does not see what has higher numbers.
    if journals.is_empty() && data.join(MADE).exists() {
        return Err(OpenError::damaged(data, "its journal is not there"));
    }
    // Only the newest is written to, so only that one may have a torn end.
    let active = journals.pop();
    for journal in journals {
        let (next, end) = walk(&journal, &mut last)?;
        if let Next::Damaged(what) = next {
            let detail = format!("at byte {end} {what}");
            return Err(OpenError::damaged(&journal, detail));
        }
    }
    let Some(active) = active else {
        return Ok(());
    };
    let (Next::Damaged(what), end) = walk(&active, &mut last)? else {
        return Ok(());
    };
    let found = last.map(|batch: Batch| batch.sequence);
    let short = witness
        .zip(found)
        .filter(|(w, found)| *found < w.acknowledged());
    if let Some((witness, found)) = short
        && !witness.may_be_ahead()
    {
        let detail = format!("but in {} at byte {end} {what}", active.display());
        return Err(witness.missing(found, &detail));
    }
    if witness.is_none_or(|witness| found.is_none() && witness.acknowledged() > 0) {
        // Only the database can tell whether something is missing, once it is open.
        let kept = active.with_extension("cut");
        fs::copy(&active, kept).map_err(OpenError::io("copy", &active))?;
    }
    tracing::warn!(journal = %active.display(), end, what, "cutting off an unfinished write");
    let cut = OpenOptions::new().write(true).open(&active);
    let cut = cut.and_then(|file| file.set_len(end).and_then(|()| file.sync_all()));
    cut.map_err(OpenError::io("cut off the end of", &active))
}

/// The journals of a database, oldest first; the last is the one still written to.
fn journals(data: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut journals: Vec<(u64, PathBuf)> = Vec::new();
    if data.exists() {
        let files = fs::read_dir(data).map_err(OpenError::io("list", data))?;
        for file in files {
            let path = file.map_err(OpenError::io("list", data))?.path();
            let is_journal = path.extension().is_some_and(|extension| extension == "jnl");
            let number = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            journals.extend(number.filter(|_| is_journal).map(|number| (number, path)));
        }
    }
    // By number and not by name: 10 comes after 9.
    journals.sort_unstable_by_key(|(number, _)| *number);
    Ok(journals.into_iter().map(|(_, path)| path).collect())
}

/// Goes over a journal; returns how it ends, and where the last sound batch ends.
fn walk(journal: &Path, last: &mut Option<Batch>) -> Result<(Next, u64), OpenError> {
    let mut batches = Batches::open(journal).map_err(OpenError::io("open", journal))?;
    loop {
        let next = batches.next().map_err(OpenError::io("read", journal))?;
        let Next::Batch(batch) = next else {
            return Ok((next, batches.end()));
        };
        if let Some(last) = last {
            follows(*last, batch).map_err(|what| {
                let detail = format!("before byte {} {what}", batches.end());
                OpenError::damaged(journal, detail)
            })?;
        }
        if batch.seqno.wrapping_sub(batch.at_least) > HOUSEKEEPING_MAX {
            let detail = format!("before byte {} a batch has a wrong number", batches.end());
            return Err(OpenError::damaged(journal, detail));
        }
        *last = Some(batch);
    }
}

fn follows(last: Batch, batch: Batch) -> Result<(), String> {
    let (before, after) = (last.sequence, batch.sequence);
    if after != before + 1 {
        return Err(format!("batch {after} follows batch {before}"));
    }
    if batch.seqno <= last.seqno {
        return Err(format!("batch {after} has a wrong number"));
    }
    Ok(())
}
