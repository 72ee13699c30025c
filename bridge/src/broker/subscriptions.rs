//! Who wants what: a tree of levels, so that a message looks at no more filters than may
//! cover its topic.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::packet::Wish;
use super::session::{SessionId, Side};
use super::topic;

#[derive(Debug, Clone, Copy)]
pub(super) struct Subscription {
    pub(super) wish: Wish,
    /// The client's own number for it.
    pub(super) number: Option<u32>,
}

#[derive(Default)]
pub(super) struct Subscriptions {
    levels: HashMap<Box<str>, Subscriptions>,
    here: HashMap<SessionId, Subscription>,
    /// One of each group gets a message.
    groups: HashMap<(Side, Arc<str>), Group>,
}

/// The subscribers of `$share/{group}/{filter}`.
pub(super) struct Group {
    /// As it was subscribed to.
    pub(super) filter: Arc<str>,
    members: Vec<(SessionId, Subscription)>,
    turn: AtomicUsize,
}

/// Who is covered by a topic.
#[derive(Default)]
pub(super) struct Covering<'t> {
    pub(super) each: Vec<(SessionId, Subscription)>,
    pub(super) groups: Vec<&'t Group>,
}

impl Subscriptions {
    /// Whether it is a new one.
    pub(super) fn add(
        &mut self,
        filter: &str,
        side: Side,
        of: SessionId,
        as_: Subscription,
    ) -> bool {
        let (group, path) = topic::shared(filter).unzip();
        let mut node = self;
        for level in path.unwrap_or(filter).split('/') {
            node = node.levels.entry(level.into()).or_default();
        }
        match group {
            None => node.here.insert(of, as_).is_none(),
            Some(_) => {
                let filter: Arc<str> = filter.into();
                let key = (side, Arc::clone(&filter));
                let group = node.groups.entry(key).or_insert_with(|| Group {
                    filter,
                    members: Vec::new(),
                    turn: AtomicUsize::new(0),
                });
                let was = group.leave(of);
                group.members.push((of, as_));
                !was
            }
        }
    }

    /// Whether there was one.
    pub(super) fn remove(&mut self, filter: &str, side: Side, of: SessionId) -> bool {
        let path = topic::shared(filter).map_or(filter, |(_, path)| path);
        self.remove_at(path, &|node| match path.len() == filter.len() {
            true => node.here.remove(&of).is_some(),
            false => node.leave(filter, side, of),
        })
    }

    fn leave(&mut self, filter: &str, side: Side, of: SessionId) -> bool {
        let key = (side, Arc::from(filter));
        let Some(group) = self.groups.get_mut(&key) else {
            return false;
        };
        let was = group.leave(of);
        if group.members.is_empty() {
            self.groups.remove(&key);
        }
        was
    }

    fn remove_at(&mut self, path: &str, act: &dyn Fn(&mut Self) -> bool) -> bool {
        let (level, rest) = match path.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (path, None),
        };
        let Some(node) = self.levels.get_mut(level) else {
            return false;
        };
        let was = match rest {
            Some(rest) => node.remove_at(rest, act),
            None => act(node),
        };
        if node.is_empty() {
            self.levels.remove(level);
        }
        was
    }

    fn is_empty(&self) -> bool {
        self.levels.is_empty() && self.here.is_empty() && self.groups.is_empty()
    }

    pub(super) fn group(&self, filter: &str, side: Side) -> Option<&Group> {
        let (_, path) = topic::shared(filter)?;
        let mut node = self;
        for level in path.split('/') {
            node = node.levels.get(level)?;
        }
        node.groups.get(&(side, Arc::from(filter)))
    }

    pub(super) fn covering<'t>(&'t self, topic: &str, found: &mut Covering<'t>) {
        let (level, rest) = match topic.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (topic, None),
        };
        self.everything_below(found);
        for node in [self.levels.get(level), self.levels.get("+")] {
            match (node, rest) {
                (Some(node), Some(rest)) => node.covering(rest, found),
                (Some(node), None) => {
                    node.all_here(found);
                    // `a/#` covers `a` too.
                    node.everything_below(found);
                }
                (None, _) => {}
            }
        }
    }

    fn everything_below<'t>(&'t self, found: &mut Covering<'t>) {
        if let Some(all) = self.levels.get("#") {
            all.all_here(found);
        }
    }

    fn all_here<'t>(&'t self, found: &mut Covering<'t>) {
        found.each.extend(self.here.iter().map(|(id, s)| (*id, *s)));
        found.groups.extend(self.groups.values());
    }
}

impl Group {
    fn leave(&mut self, of: SessionId) -> bool {
        let before = self.members.len();
        self.members.retain(|(id, _)| *id != of);
        self.members.len() < before
    }

    /// All members, another one first each time.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = (SessionId, Subscription)> {
        let count = self.members.len();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        (0..count).map(move |n| self.members[turn.wrapping_add(n) % count])
    }
}

#[cfg(test)]
mod tests;
