//! Who is subscribed to what.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::identity::{Origin, SessionId};
use crate::packet::SubscriptionOptions;
use crate::topic;
use crate::topic_tree::TopicTree;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscription {
    pub(crate) options: SubscriptionOptions,
    /// The client's own number for it (MQTT 5, 3.8.2.1.2).
    pub(crate) id: Option<u32>,
}

/// By filter.
#[derive(Default)]
pub(crate) struct Subscriptions {
    tree: TopicTree<Subscribers>,
}

/// Those of one filter.
#[derive(Default)]
struct Subscribers {
    /// By session.
    each: Vec<(SessionId, Subscription)>,
    /// Of each, one member gets a message.
    groups: Vec<(Origin, Group)>,
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

/// What a subscription takes of memory at most, in bytes: its place in the tree and in the
/// session. Measured by `tests/memory`.
pub(crate) fn bytes(filter: &str) -> usize {
    /// Two nodes, a list of them, one subscriber, and the session's list.
    const OVERHEAD: usize = 352;
    /// The group, and its list of members.
    const GROUP_OVERHEAD: usize = 448;
    let of_group = topic::shared(filter).map_or(0, |_| GROUP_OVERHEAD + filter.len());
    OVERHEAD + 2 * filter.len() + of_group
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
        let (_, path) = topic::shared(filter).unzip();
        let path = path.unwrap_or(filter);
        let here = self.tree.get_or_insert(path, Subscribers::default);
        if path.len() == filter.len() {
            return here.add(of, subscription);
        }
        let group = here.group_of(filter, origin);
        let was = group.leave(of);
        group.members.push((of, subscription));
        !was
    }

    /// Whether there was one.
    pub(crate) fn remove(&mut self, filter: &str, origin: Origin, of: SessionId) -> bool {
        let (_, path) = topic::shared(filter).unzip();
        let path = path.unwrap_or(filter);
        let Some(here) = self.tree.get_mut(path) else {
            return false;
        };
        let was = if path.len() == filter.len() {
            here.remove(of)
        } else {
            here.leave(filter, origin, of)
        };
        if here.each.is_empty() && here.groups.is_empty() {
            self.tree.remove(path);
        }
        was
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The group of a shared filter, if it has members.
    pub(crate) fn group(&self, filter: &str, origin: Origin) -> Option<&Group> {
        let (_, path) = topic::shared(filter)?;
        let mut groups = self.tree.get(path)?.groups.iter();
        let found = groups.find(|(of, group)| *of == origin && &*group.filter == filter);
        found.map(|(_, group)| group)
    }

    /// Adds to `found` what matches the topic.
    pub(crate) fn matching<'t>(&'t self, topic: &str, found: &mut Matches<'t>) {
        self.tree.matching(topic, &mut |here: &Subscribers| {
            found.each.extend(here.each.iter());
            let groups = here.groups.iter();
            found.groups.extend(groups.map(|(_, group)| group));
        });
    }

    /// Whether anybody gets messages of the topic.
    pub(crate) fn has_any(&self, topic: &str) -> bool {
        let mut any = false;
        self.tree.matching(topic, &mut |_| any = true);
        any
    }
}

impl Subscribers {
    fn add(&mut self, of: SessionId, subscription: Subscription) -> bool {
        match self.each.binary_search_by_key(&of, |(id, _)| *id) {
            Ok(at) => {
                self.each[at].1 = subscription;
                false
            }
            Err(at) => {
                if self.each.is_empty() {
                    // Most filters have one subscriber, and a list begins with room for four.
                    self.each.reserve_exact(1);
                }
                self.each.insert(at, (of, subscription));
                true
            }
        }
    }

    fn remove(&mut self, of: SessionId) -> bool {
        let at = self.each.binary_search_by_key(&of, |(id, _)| *id);
        let was = at.map(|at| self.each.remove(at)).is_ok();
        if self.each.len() < self.each.capacity() / 4 {
            self.each.shrink_to(self.each.len() * 2);
        }
        was
    }

    fn group_of(&mut self, filter: &str, origin: Origin) -> &mut Group {
        let mut groups = self.groups.iter();
        let at = groups.position(|(of, group)| *of == origin && &*group.filter == filter);
        let at = at.unwrap_or_else(|| {
            let group = Group {
                filter: filter.into(),
                members: Vec::new(),
                turn: AtomicUsize::new(0),
            };
            self.groups.push((origin, group));
            self.groups.len() - 1
        });
        &mut self.groups[at].1
    }

    fn leave(&mut self, filter: &str, origin: Origin, of: SessionId) -> bool {
        let mut was = false;
        self.groups.retain_mut(|(whose, group)| {
            if *whose == origin && &*group.filter == filter {
                was = group.leave(of);
            }
            !group.members.is_empty()
        });
        was
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
