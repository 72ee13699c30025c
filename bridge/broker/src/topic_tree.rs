//! A tree of topics or filters, by their levels. One level after the other is looked for, so
//! that a topic looks at no more filters than may match it, and a filter at no more topics.
//!
//! A node has all levels that are not branched, so there are at most twice as many nodes as
//! paths, however deep those are.

mod below;
mod node;

use self::node::Node;

pub(crate) struct TopicTree<V> {
    /// Its own path and value mean nothing.
    root: Node<V>,
}

impl<V> Default for TopicTree<V> {
    fn default() -> Self {
        Self {
            root: Node::default(),
        }
    }
}

impl<V> TopicTree<V> {
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.root.below.is_empty()
    }

    /// What is at the path; `new` if there is nothing yet.
    pub(crate) fn get_or_insert(&mut self, path: &str, new: impl FnOnce() -> V) -> &mut V {
        let node = self.root.node(path);
        node.value.get_or_insert_with(|| Box::new(new()))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&V> {
        self.root.find(path)?.value.as_deref()
    }

    pub(crate) fn get_mut(&mut self, path: &str) -> Option<&mut V> {
        self.root.find_mut(path)?.value.as_deref_mut()
    }

    pub(crate) fn remove(&mut self, path: &str) -> Option<Box<V>> {
        self.root.remove(path)
    }

    /// Of the filters in the tree, all that match the topic.
    pub(crate) fn matching<'t>(&'t self, topic: &str, f: &mut impl FnMut(&'t V)) {
        // Wildcards do not match the first level of the server's own topics (MQTT 5, 4.7.2).
        if topic.starts_with('$') {
            if let Some(node) = self.root.child(topic) {
                node.matching(topic, f);
            }
        } else {
            self.root.matching_below(Some(topic), f);
        }
    }

    /// Of the topics in the tree, all that the filter covers.
    pub(crate) fn covered_by<'t>(&'t self, filter: &str, f: &mut impl FnMut(&'t V)) {
        let is_wild = filter.starts_with(['+', '#']);
        if !is_wild {
            return self.root.covered_below(filter, f);
        }
        // The server's own topics, as above.
        let others = self.root.below.iter();
        for node in others.filter(|node| !node.path.starts_with('$')) {
            node.covered_by(filter, f);
        }
    }
}

#[cfg(test)]
mod tests;
