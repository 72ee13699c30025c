//! The entries of an actor: a map of them that is copied by sharing, and what is asked of one.

use std::convert::Infallible;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;

/// What the map takes for an entry beside its bytes, about: two nodes with their counts.
const ENTRY_BYTES: usize = 160;

/// Entries by name, in the order of their names; `None` stands for one that is known not to be
/// there. A clone shares all of it, and a write copies the way to one entry and no more, so that
/// whoever still reads the map as it was costs nobody anything.
#[derive(Clone, Default)]
pub struct EntryMap {
    /// Red-black trees with shared nodes (Okasaki, "Purely Functional Data Structures", 1998).
    entries: RedBlackTreeMapSync<Arc<str>, Option<Bytes>>,
    /// Names and values, in bytes.
    bytes: usize,
}

impl EntryMap {
    /// The entry, as far as the map knows: the outer `None` when it does not, the inner one when
    /// there is none of that name.
    #[must_use]
    #[allow(
        clippy::option_option,
        reason = "what is known not to be there is not what is not known"
    )]
    pub fn get(&self, name: &str) -> Option<Option<&Bytes>> {
        self.entries.get(name).map(Option::as_ref)
    }

    pub fn set(&mut self, name: Arc<str>, value: Option<Bytes>) {
        let known = self.entries.get(&name);
        self.bytes -= known.map_or(0, |value| size(&name, value.as_ref()));
        self.bytes += size(&name, value.as_ref());
        self.entries.insert_mut(name, value);
    }

    /// Knows nothing of the entry any more.
    pub fn forget(&mut self, name: &str) {
        let known = self.entries.get(name);
        let Some(removed) = known.map(|value| size(name, value.as_ref())) else {
            return;
        };
        self.bytes -= removed;
        self.entries.remove_mut(name);
    }

    /// What it knows of names in the range, in the range's direction.
    pub fn range<'a>(
        &'a self,
        range: &'a EntryRange,
    ) -> Box<dyn Iterator<Item = (&'a Arc<str>, Option<&'a Bytes>)> + Send + 'a> {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let found = self.entries.range::<str, _>(range.bounds());
        let found = found.map(|(name, value)| (name, value.as_ref()));
        if range.backwards {
            return Box::new(found.rev());
        }
        Box::new(found)
    }

    /// The first part of a range of a map that has all entries.
    #[must_use]
    pub fn page(&self, range: &EntryRange, limit: EntryLimit) -> EntryPage {
        let entries = self.range(range);
        let there = entries.filter_map(|(name, value)| Some((Arc::clone(name), value?.clone())));
        let page = EntryPage::take(there.map(Ok::<_, Infallible>), limit);
        page.unwrap_or_else(|never| match never {})
    }

    /// How many entries it knows of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.size()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it takes in memory, in bytes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes + self.len() * ENTRY_BYTES
    }
}

impl fmt::Debug for EntryMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter()).finish()
    }
}

impl FromIterator<(Arc<str>, Bytes)> for EntryMap {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Bytes)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (name, value) in entries {
            map.set(name, Some(value));
        }
        map
    }
}

fn size(name: &str, value: Option<&Bytes>) -> usize {
    name.len() + value.map_or(0, Bytes::len)
}

/// Which entries are read, and in which direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRange {
    /// The lowest name.
    pub from: String,
    /// The name before which the range ends; `None` where it goes on to the last one.
    pub to: Option<String>,
    /// From the highest name down.
    pub backwards: bool,
}

impl EntryRange {
    /// Names that start with `prefix` and come after `after`.
    #[must_use]
    pub fn with_prefix(prefix: &str, after: Option<&str>) -> Self {
        let from = match after {
            Some(after) if after >= prefix => behind(after),
            _ => prefix.to_owned(),
        };
        let (to, backwards) = (above(prefix), false);
        Self {
            from,
            to,
            backwards,
        }
    }

    /// Whether no name can be in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to.as_ref().is_some_and(|to| *to <= self.from)
    }

    /// What is left when it was read up to `name`, which is included in what was read.
    #[must_use]
    pub fn past(&self, name: &str) -> Self {
        let mut left = self.clone();
        if self.backwards {
            left.to = Some(name.to_owned());
        } else {
            left.from = behind(name);
        }
        left
    }

    /// The part of it that was read then.
    #[must_use]
    pub fn up_to(&self, name: &str) -> Self {
        let mut read = self.clone();
        if self.backwards {
            name.clone_into(&mut read.from);
        } else {
            read.to = Some(behind(name));
        }
        read
    }

    /// For maps; they panic over an empty one, which is to be looked for first.
    #[must_use]
    pub fn bounds(&self) -> (Bound<&str>, Bound<&str>) {
        let to = self.to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        (Bound::Included(&self.from), to)
    }
}

/// A part of a range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPage {
    /// In the range's direction.
    pub entries: Vec<(Arc<str>, Bytes)>,
    /// Whether there is more of the range behind it; then there is an entry in it.
    pub more: bool,
}

/// How much of a range is read at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryLimit {
    /// At most so many.
    pub entries: usize,
    /// At most so many bytes of names and values together, unless the first one alone has more.
    pub bytes: usize,
}

impl EntryPage {
    /// Takes entries as far as the limit goes.
    ///
    /// # Errors
    /// That of the first one that cannot be read.
    pub fn take<E>(
        entries: impl IntoIterator<Item = Result<(Arc<str>, Bytes), E>>,
        limit: EntryLimit,
    ) -> Result<Self, E> {
        let (mut page, mut bytes) = (Self::default(), 0);
        for entry in entries {
            let (name, value) = entry?;
            bytes += name.len() + value.len();
            // One at least, even of a limit of none: else there would be no way past it.
            if !page.entries.is_empty()
                && (page.entries.len() >= limit.entries || bytes > limit.bytes)
            {
                page.more = true;
                break;
            }
            page.entries.push((name, value));
        }
        Ok(page)
    }
}

/// The first name after this one.
fn behind(name: &str) -> String {
    format!("{name}\0")
}

/// The first name that is above all with the prefix; `None` where there is none above.
fn above(prefix: &str) -> Option<String> {
    let mut above = prefix.to_owned();
    // The order of strings is that of their characters: the last one that can be raised is.
    while let Some(last) = above.pop() {
        let next = match last {
            // The next number is no character, and neither are those up to this one.
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            above.push(next);
            return Some(above);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(names: &[&str]) -> EntryMap {
        let entry = |name: &&str| (Arc::from(*name), Bytes::copy_from_slice(name.as_bytes()));
        names.iter().map(entry).collect()
    }

    fn names(map: &EntryMap, range: &EntryRange) -> Vec<String> {
        map.range(range).map(|(name, _)| name.to_string()).collect()
    }

    #[test]
    fn a_prefix_is_all_names_with_it_and_no_other() {
        let last = char::MAX.to_string();
        let all = [
            "",
            "\0",
            "a",
            "a\0",
            "a\u{d7ff}",
            "a\u{d7ff}x",
            "a\u{e000}",
            "ab",
            "b",
            "ä",
            &last,
        ];
        let map = map(&all);
        for prefix in ["", "a", "a\u{d7ff}", "ab", "b", "c", "ä", &last] {
            for after in [
                None,
                Some(""),
                Some("a"),
                Some("a\u{d7ff}"),
                Some("b"),
                Some("zz"),
            ] {
                let range = EntryRange::with_prefix(prefix, after);
                let mut expected: Vec<_> = all.to_vec();
                expected.retain(|name| name.starts_with(prefix));
                expected.retain(|name| after.is_none_or(|after| *name > after));
                expected.sort_unstable();
                assert_eq!(names(&map, &range), expected, "{prefix:?} after {after:?}");
            }
        }
    }

    #[test]
    fn a_range_is_read_piece_by_piece_in_both_directions() {
        let map = map(&["a", "b", "c", "d", "e"]);
        for backwards in [false, true] {
            let (from, to) = ("b".to_owned(), Some("e".to_owned()));
            let whole = EntryRange {
                from,
                to,
                backwards,
            };
            let expected = if backwards {
                ["d", "c", "b"]
            } else {
                ["b", "c", "d"]
            };
            assert_eq!(names(&map, &whole), expected);
            let read = whole.up_to("c");
            let left = whole.past("c");
            assert_eq!([names(&map, &read), names(&map, &left)].concat(), expected);
            assert_eq!(names(&map, &read).last().map(String::as_str), Some("c"));
            assert!(
                whole.past(expected[2]).is_empty()
                    || names(&map, &whole.past(expected[2])).is_empty()
            );
        }
    }

    /// A copy of the map would hold each name once more, as that of a `BTreeMap` does.
    #[test]
    fn a_write_beside_a_reader_shares_the_rest() {
        let names: Vec<Arc<str>> = (0..25_000).map(|n| format!("{n:05}").into()).collect();
        let held = || names.iter().map(Arc::strong_count).sum::<usize>();
        let entries = names
            .iter()
            .map(|name| (Arc::clone(name), Bytes::from_static(b"old")));
        let mut map: EntryMap = entries.clone().collect();
        let before = held();
        let read = map.clone();
        map.set(Arc::clone(&names[7_000]), Some(Bytes::from_static(b"new")));
        map.forget(&names[9_000]);
        assert!(held() <= before + 2, "{} more", held() - before);
        assert_eq!(
            read.get(&names[7_000]),
            Some(Some(&Bytes::from_static(b"old")))
        );
        assert_eq!(read.len(), 25_000);
        assert_eq!(
            map.get(&names[7_000]),
            Some(Some(&Bytes::from_static(b"new")))
        );
        assert_eq!(map.len(), 24_999);

        let copied: std::collections::BTreeMap<_, _> = entries.collect();
        let before = held();
        let _copy = copied.clone();
        assert_eq!(held(), before + 25_000, "what it was before");
    }

    #[test]
    fn bytes_are_those_of_what_is_there() {
        let mut map = EntryMap::default();
        map.set("name".into(), Some(Bytes::from_static(b"value")));
        map.set("name".into(), Some(Bytes::from_static(b"longer value")));
        map.set("gone".into(), None);
        assert_eq!(map.bytes(), 4 + 12 + 4 + 2 * ENTRY_BYTES);
        assert_eq!(map.get("gone"), Some(None));
        map.forget("name");
        map.forget("gone");
        map.forget("never");
        assert_eq!((map.bytes(), map.len()), (0, 0));
        assert_eq!(map.get("gone"), None);
    }

    #[test]
    fn a_page_ends_at_its_limit_and_has_one_at_least() {
        let entries = ["a", "b", "c"].map(|name| (Arc::from(name), Bytes::from_static(b"123")));
        let page = |entries_max, bytes| {
            let limit = EntryLimit {
                entries: entries_max,
                bytes,
            };
            let taken = EntryPage::take(entries.iter().cloned().map(Ok::<_, ()>), limit);
            let page = taken.expect("nothing fails");
            (page.entries.len(), page.more)
        };
        assert_eq!(page(3, 100), (3, false));
        assert_eq!(page(2, 100), (2, true));
        assert_eq!(page(9, 8), (2, true));
        assert_eq!(page(9, 1), (1, true));
        assert_eq!(page(0, 0), (1, true));
    }
}
