//! The entries of an actor as a turn reads them: those in memory, and where the others are.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{CallError, EntryLimit, EntryMap, EntryPage, EntryRange};

/// The entries before a turn. Its own writes, which it sees too, are not among them.
#[derive(Clone, Default)]
pub struct Entries {
    newer: EntryMap,
    /// What the newer map does not know of.
    older: EntryMap,
    /// What neither knows of; `None` where they know all there is.
    rest: Option<Arc<dyn StoredEntries>>,
}

/// What a turn has written so far; `None` for an entry that it removes.
pub type StagedEntries = BTreeMap<Arc<str>, Option<Bytes>>;

/// Entries that are not in memory, as they were at one moment.
#[async_trait]
pub trait StoredEntries: Send + Sync {
    /// Several of them, each in the place of its name: as many from the first on as have
    /// `bytes_max` bytes together, and one at least.
    ///
    /// # Errors
    /// Why the store could not be read.
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, CallError>;

    /// The first part of a range.
    ///
    /// # Errors
    /// Why the store could not be read.
    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, CallError>;
}

impl Entries {
    /// All entries there are.
    #[must_use]
    pub fn all(entries: EntryMap) -> Self {
        Self {
            newer: entries,
            ..Self::default()
        }
    }

    /// Those in memory, the newer hiding the older, and `rest` where neither says anything.
    #[must_use]
    pub fn some(newer: EntryMap, older: EntryMap, rest: Arc<dyn StoredEntries>) -> Self {
        let rest = Some(rest);
        Self { newer, older, rest }
    }

    /// The entry, if it need not be asked for.
    #[allow(
        clippy::option_option,
        reason = "what is known not to be there is not what is not known"
    )]
    pub(crate) fn known(&self, name: &str) -> Option<Option<&Bytes>> {
        if let Some(known) = self.newer.get(name) {
            return Some(known);
        }
        match self.older.get(name) {
            None if self.rest.is_none() => Some(None),
            known => known,
        }
    }

    /// Several entries, each in the place of its name, under what is staged; those that are not in
    /// memory with one question, unless they are large. `None` where all of them have more than
    /// `bytes_max` bytes.
    ///
    /// # Errors
    /// Why the store could not be read.
    pub async fn get(
        &self,
        staged: &StagedEntries,
        names: &[String],
        bytes_max: usize,
    ) -> Result<Option<Vec<Option<Bytes>>>, CallError> {
        let (mut found, mut bytes) = (Vec::with_capacity(names.len()), 0);
        let (mut places, mut asked) = (Vec::new(), Vec::<Arc<str>>::new());
        for (place, name) in names.iter().enumerate() {
            let staged = staged.get(name.as_str()).map(Option::as_ref);
            let known = staged.or_else(|| self.known(name));
            if known.is_none() {
                places.push(place);
                asked.push(name.as_str().into());
            }
            bytes += known.flatten().map_or(0, Bytes::len);
            found.push(known.flatten().cloned());
        }
        let mut done = 0;
        while let (Some(rest), Some(left)) = (&self.rest, asked.get(done..))
            && !left.is_empty()
            && bytes <= bytes_max
        {
            let answer = rest.get(left, bytes_max).await?;
            // It answers one at least, by its promise; else nothing more is to be had of it.
            if answer.is_empty() {
                break;
            }
            for (place, entry) in places[done..].iter().zip(answer) {
                bytes += entry.as_ref().map_or(0, Bytes::len);
                found[*place] = entry;
                done += 1;
            }
        }
        Ok((bytes <= bytes_max).then_some(found))
    }

    /// The first entries of the range, under what is staged; more of it may be there if the limit
    /// was reached.
    ///
    /// # Errors
    /// Why the store could not be read.
    pub async fn range(
        &self,
        staged: &StagedEntries,
        range: &EntryRange,
        limit: EntryLimit,
    ) -> Result<EntryPage, CallError> {
        let mut found = Found::new(limit);
        let mut left = range.clone();
        while !left.is_empty() && !found.page.more {
            let page = match &self.rest {
                Some(rest) => rest.range(&left, found.room()).await?,
                None => EntryPage::default(),
            };
            // What is in memory may lie behind the page, where the store has entries before it.
            let end = page.entries.last().filter(|_| page.more);
            let end = end.map(|(name, _)| Arc::clone(name));
            let read = end
                .as_deref()
                .map_or_else(|| left.clone(), |end| left.up_to(end));
            let sources = [
                source(staged_in(staged, &read)),
                source(shared(self.newer.range(&read))),
                source(shared(self.older.range(&read))),
                source(
                    page.entries
                        .into_iter()
                        .map(|(name, bytes)| (name, Some(bytes))),
                ),
            ];
            found.take(Merge {
                sources,
                backwards: read.backwards,
            });
            let Some(end) = end else { break };
            left = left.past(&end);
        }
        Ok(found.page)
    }
}

type Known = (Arc<str>, Option<Bytes>);
type Source<'a> = Peekable<Box<dyn Iterator<Item = Known> + Send + 'a>>;

fn source<'a>(entries: impl Iterator<Item = Known> + Send + 'a) -> Source<'a> {
    let entries: Box<dyn Iterator<Item = Known> + Send + 'a> = Box::new(entries);
    entries.peekable()
}

fn shared<'a>(
    entries: impl Iterator<Item = (&'a Arc<str>, Option<&'a Bytes>)> + Send + 'a,
) -> impl Iterator<Item = Known> + Send + 'a {
    entries.map(|(name, bytes)| (Arc::clone(name), bytes.cloned()))
}

fn staged_in<'a>(
    staged: &'a StagedEntries,
    range: &EntryRange,
) -> Box<dyn Iterator<Item = Known> + Send + 'a> {
    if range.is_empty() {
        return Box::new(std::iter::empty());
    }
    let entries = staged.range::<str, _>(range.bounds());
    let entries = shared(entries.map(|(name, bytes)| (name, bytes.as_ref())));
    if range.backwards {
        // A map of one turn's writes is small; the reversed adapter would be a type of its own.
        let entries: Vec<Known> = entries.collect();
        return Box::new(entries.into_iter().rev());
    }
    Box::new(entries)
}

/// Several sources as one, in their common order; an earlier one hides what a later one says of
/// the same name.
struct Merge<'a> {
    sources: [Source<'a>; 4],
    backwards: bool,
}

impl Iterator for Merge<'_> {
    type Item = Known;

    fn next(&mut self) -> Option<Known> {
        let heads = self.sources.iter_mut().filter_map(Peekable::peek);
        let names = heads.map(|(name, _)| name);
        let next = if self.backwards {
            names.max()
        } else {
            names.min()
        };
        let next = Arc::clone(next?);
        let mut found = None;
        for source in &mut self.sources {
            let same = source.next_if(|(name, _)| *name == next);
            found = found.or(same);
        }
        found
    }
}

/// What was found of a range, up to its limit.
struct Found {
    page: EntryPage,
    bytes: usize,
    limit: EntryLimit,
}

impl Found {
    fn new(limit: EntryLimit) -> Self {
        let page = EntryPage {
            more: limit.entries == 0,
            ..EntryPage::default()
        };
        Self {
            page,
            bytes: 0,
            limit,
        }
    }

    fn room(&self) -> EntryLimit {
        EntryLimit {
            entries: self.limit.entries - self.page.entries.len(),
            bytes: self.limit.bytes.saturating_sub(self.bytes),
        }
    }

    fn take(&mut self, entries: impl Iterator<Item = Known>) {
        for (name, bytes) in entries {
            // Removed.
            let Some(bytes) = bytes else { continue };
            self.bytes += name.len() + bytes.len();
            // One at least: else there would be no way past it.
            if self.bytes > self.limit.bytes && !self.page.entries.is_empty() {
                self.page.more = true;
                return;
            }
            self.page.entries.push((name, bytes));
            if self.page.entries.len() >= self.limit.entries {
                self.page.more = true;
                return;
            }
        }
    }
}
