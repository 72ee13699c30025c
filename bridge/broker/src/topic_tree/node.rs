//! A node of the tree: some levels, and what is below them.

use super::below::{Below, Place};

pub(crate) struct Node<V> {
    /// One level or more. A level may be empty, and so may a path of one.
    pub(super) path: Box<str>,
    pub(super) value: Option<Box<V>>,
    pub(super) below: Below<Node<V>>,
}

impl<V> Default for Node<V> {
    fn default() -> Self {
        Self::leaf("")
    }
}

/// The first level, and the levels after it.
fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((level, rest)) => (level, Some(rest)),
        None => (path, None),
    }
}

fn first_level(path: &str) -> &str {
    split(path).0
}

/// The levels that two paths have in common, in bytes; at least their first is the same.
fn common(a: &str, b: &str) -> usize {
    let levels = a.split('/').zip(b.split('/'));
    let same = levels.take_while(|(a, b)| a == b);
    // Each level but the first has a slash in front of it.
    let bytes: usize = same.map(|(level, _)| level.len() + 1).sum();
    bytes.saturating_sub(1)
}

/// What is left of a path behind its first `bytes`, if there is another level.
fn behind(path: &str, bytes: usize) -> Option<&str> {
    path.get(bytes..)?.strip_prefix('/')
}

impl<V> Node<V> {
    fn leaf(path: &str) -> Self {
        Self {
            path: path.into(),
            value: None,
            below: Below::default(),
        }
    }

    /// Where a path goes on from here, or would.
    fn position(&self, path: &str) -> Result<Place, Place> {
        let level = first_level(path);
        self.below
            .position(|node| first_level(&node.path).cmp(level))
    }

    /// The node below with the path's first level.
    pub(super) fn child(&self, path: &str) -> Option<&Self> {
        let place = self.position(path).ok()?;
        Some(self.below.at(place))
    }

    /// The node of the path, which is made if there is none.
    pub(super) fn node(&mut self, path: &str) -> &mut Self {
        let place = match self.position(path) {
            Ok(place) => place,
            Err(place) => {
                let place = self.below.insert(place, Self::leaf(path));
                return self.below.at_mut(place);
            }
        };
        let child = self.below.at_mut(place);
        let same = common(&child.path, path);
        if behind(&child.path, same).is_some() {
            child.branch(same);
        }
        match behind(path, same) {
            None => child,
            Some(rest) => child.node(rest),
        }
    }

    /// Keeps so many bytes of the path, and leaves the rest to a node below.
    fn branch(&mut self, bytes: usize) {
        let rest = behind(&self.path, bytes).unwrap_or_default();
        let mut rest = Self::leaf(rest);
        rest.value = self.value.take();
        rest.below = std::mem::take(&mut self.below);
        self.below = Below::one(rest);
        self.path = self.path[..bytes].into();
    }

    pub(super) fn find(&self, path: &str) -> Option<&Self> {
        let child = self.child(path)?;
        match child.rest_of(path)? {
            None => Some(child),
            Some(rest) => child.find(rest),
        }
    }

    pub(super) fn find_mut(&mut self, path: &str) -> Option<&mut Self> {
        let place = self.position(path).ok()?;
        let child = self.below.at_mut(place);
        match child.rest_of(path)? {
            None => Some(child),
            Some(rest) => child.find_mut(rest),
        }
    }

    /// What a path has behind this node's own: nothing, or more levels. `None` if it is another
    /// path.
    fn rest_of<'p>(&self, path: &'p str) -> Option<Option<&'p str>> {
        let rest = path.strip_prefix(&*self.path)?;
        if rest.is_empty() {
            return Some(None);
        }
        rest.strip_prefix('/').map(Some)
    }

    pub(super) fn remove(&mut self, path: &str) -> Option<Box<V>> {
        let place = self.position(path).ok()?;
        let child = self.below.at_mut(place);
        let removed = match child.rest_of(path)? {
            None => child.value.take(),
            Some(rest) => child.remove(rest),
        };
        // On the way back up, or empty nodes would pile up with every path ever named.
        if child.value.is_none() {
            if child.below.is_empty() {
                self.below.remove(place);
            } else {
                child.join();
            }
        }
        removed
    }

    /// Becomes one with the node below, if that is the only one.
    fn join(&mut self) {
        if let Some(Self { path, value, below }) = self.below.take_only() {
            self.path = format!("{}/{path}", self.path).into();
            self.value = value;
            self.below = below;
        }
    }

    /// The filters from this node on that match the topic.
    pub(super) fn matching<'t>(&'t self, topic: &str, f: &mut impl FnMut(&'t V)) {
        let mut rest = Some(topic);
        for level in self.path.split('/') {
            if level == "#" {
                // Also where the topic has ended: `a/#` covers `a` (MQTT 5, 4.7.1.2).
                return self.here(f);
            }
            let Some(topic) = rest else { return };
            let (wanted, behind) = split(topic);
            if level != "+" && level != wanted {
                return;
            }
            rest = behind;
        }
        if rest.is_none() {
            self.here(f);
        }
        self.matching_below(rest, f);
    }

    /// The same for the nodes below. `topic` is what is left of it: `None` where it has ended.
    pub(super) fn matching_below<'t>(&'t self, topic: Option<&str>, f: &mut impl FnMut(&'t V)) {
        if let Some(all) = self.child("#") {
            all.here(f);
        }
        let Some(topic) = topic else { return };
        let (level, _) = split(topic);
        // A topic has no wildcards, so they are different nodes.
        let below = [self.child(level), self.child("+")];
        for node in below.into_iter().flatten() {
            node.matching(topic, f);
        }
    }

    /// The topics from this node on that the filter covers.
    pub(super) fn covered_by<'t>(&'t self, filter: &str, f: &mut impl FnMut(&'t V)) {
        let mut rest = Some(filter);
        for level in self.path.split('/') {
            let Some(filter) = rest else { return };
            let (wanted, behind) = split(filter);
            if wanted == "#" {
                return self.all(f);
            }
            if wanted != "+" && wanted != level {
                return;
            }
            rest = behind;
        }
        match rest {
            None => self.here(f),
            Some("#") => self.all(f),
            Some(rest) => self.covered_below(rest, f),
        }
    }

    /// The same for the nodes below.
    pub(super) fn covered_below<'t>(&'t self, filter: &str, f: &mut impl FnMut(&'t V)) {
        let (level, _) = split(filter);
        if matches!(level, "+" | "#") {
            self.below
                .iter()
                .for_each(|node| node.covered_by(filter, f));
        } else if let Some(node) = self.child(level) {
            node.covered_by(filter, f);
        }
    }

    fn here<'t>(&'t self, f: &mut impl FnMut(&'t V)) {
        if let Some(value) = &self.value {
            f(value);
        }
    }

    fn all<'t>(&'t self, f: &mut impl FnMut(&'t V)) {
        self.here(f);
        self.below.iter().for_each(|node| node.all(f));
    }
}
