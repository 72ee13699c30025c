//! Who is subscribed to what: a tree of topic levels, so that a message looks at no more
//! filters than may match its topic.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::identity::{Origin, SessionId};
use crate::packet::SubscriptionOptions;
use crate::topic;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscription {
    pub(crate) options: SubscriptionOptions,
    /// The client's own number for it (MQTT 5, 3.8.2.1.2).
    pub(crate) id: Option<u32>,
}

/// A node of the tree; the whole tree is its root.
#[derive(Default)]
pub(crate) struct Subscriptions {
    levels: HashMap<Box<str>, Subscriptions>,
    /// Those whose filter ends here.
    here: HashMap<SessionId, Subscription>,
    /// Of each, one member gets a message.
    groups: HashMap<(Origin, Arc<str>), Group>,
}

/// The subscribers of `$share/{group}/{filter}`. Each origin has groups of its own: external
/// clients cannot join the bridge's and take its messages away.
pub(crate) struct Group {
    /// As it was subscribed to, with `$share`.
    pub(crate) filter: Arc<str>,
    members: Vec<(SessionId, Subscription)>,
    turn: AtomicUsize,
}

/// The subscriptions that match a topic.
#[derive(Default)]
pub(crate) struct Matches<'t> {
    pub(crate) each: Vec<(SessionId, Subscription)>,
    pub(crate) groups: Vec<&'t Group>,
}

impl Subscriptions {
    /// Adds or replaces a subscription; whether it is a new one.
    pub(crate) fn add(
        &mut self,
        filter: &str,
        origin: Origin,
        of: SessionId,
        subscription: Subscription,
    ) -> bool {
        let (group, path) = topic::shared(filter).unzip();
        let mut node = self;
        for level in path.unwrap_or(filter).split('/') {
            node = node.levels.entry(level.into()).or_default();
        }
        match group {
            None => node.here.insert(of, subscription).is_none(),
            Some(_) => {
                let filter: Arc<str> = filter.into();
                let key = (origin, Arc::clone(&filter));
                let group = node.groups.entry(key).or_insert_with(|| Group {
                    filter,
                    members: Vec::new(),
                    turn: AtomicUsize::new(0),
                });
                let was = group.leave(of);
                group.members.push((of, subscription));
                !was
            }
        }
    }

    /// Whether there was one.
    pub(crate) fn remove(&mut self, filter: &str, origin: Origin, of: SessionId) -> bool {
        match topic::shared(filter) {
            None => self.remove_at(filter, &|node| node.here.remove(&of).is_some()),
            Some((_, path)) => self.remove_at(path, &|node| node.leave(filter, origin, of)),
        }
    }

    fn leave(&mut self, filter: &str, origin: Origin, of: SessionId) -> bool {
        let key = (origin, Arc::from(filter));
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
        // The depth is bounded by the levels that a filter may have.
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
        // On the way back up, or empty nodes would pile up with every topic ever named.
        if node.is_empty() {
            self.levels.remove(level);
        }
        was
    }

    fn is_empty(&self) -> bool {
        self.levels.is_empty() && self.here.is_empty() && self.groups.is_empty()
    }

    /// The group of a shared filter, if it has members.
    pub(crate) fn group(&self, filter: &str, origin: Origin) -> Option<&Group> {
        let (_, path) = topic::shared(filter)?;
        let mut node = self;
        for level in path.split('/') {
            node = node.levels.get(level)?;
        }
        node.groups.get(&(origin, Arc::from(filter)))
    }

    /// Adds to `found` what matches the topic.
    pub(crate) fn matching<'t>(&'t self, topic: &str, found: &mut Matches<'t>) {
        let (level, rest) = match topic.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (topic, None),
        };
        self.everything_below(found);
        for node in [self.levels.get(level), self.levels.get("+")] {
            match (node, rest) {
                (Some(node), Some(rest)) => node.matching(rest, found),
                (Some(node), None) => {
                    node.all_here(found);
                    // `a/#` covers `a` too.
                    node.everything_below(found);
                }
                (None, _) => {}
            }
        }
    }

    fn everything_below<'t>(&'t self, found: &mut Matches<'t>) {
        if let Some(all) = self.levels.get("#") {
            all.all_here(found);
        }
    }

    fn all_here<'t>(&'t self, found: &mut Matches<'t>) {
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
    pub(crate) fn in_turn(&self) -> impl Iterator<Item = (SessionId, Subscription)> {
        let count = self.members.len();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        // A group without members is removed, so there is no division by zero; were there
        // one, the range would be empty.
        (0..count).map(move |n| self.members[turn.wrapping_add(n) % count])
    }
}

#[cfg(test)]
mod tests;
