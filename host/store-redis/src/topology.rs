//! Which server has which tag: read when the store is connected, and again whenever a server says
//! that it is no longer so, or does not answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use redis::RedisResult;
use tokio::sync::{Notify, watch};

use crate::address::Node;
use crate::dial::Dial;
use crate::discovery::{self, Found, Kind};
use crate::planted;
use crate::tag::Tag;

/// So long after a reading nothing is read again, however many ask for it.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Topology {
    pub(crate) dial: Dial,
    pub(crate) kind: Kind,
    /// The server of each tag.
    owners: RwLock<Vec<Node>>,
    /// All servers that were ever heard of: any of them may know who has what now.
    known: RwLock<BTreeSet<Node>>,
    /// Somebody asks for a new reading.
    wanted: Arc<Notify>,
    /// Counts changes, for those who wait for one.
    changes: watch::Sender<u64>,
}

impl Topology {
    /// Asks the servers of an address who has what.
    ///
    /// # Errors
    /// When none of them says.
    pub(crate) async fn read(dial: Dial) -> RedisResult<Arc<Self>> {
        let (kind, found) = discovery::first(&dial).await?;
        let topology = Arc::new(Self {
            known: RwLock::new(found.nodes.clone()),
            owners: RwLock::new(found.first_owners()?),
            kind,
            dial,
            wanted: Arc::new(Notify::new()),
            changes: watch::Sender::new(0),
        });
        if kind != Kind::Single {
            let wanted = Arc::clone(&topology.wanted);
            tokio::spawn(keep(Arc::downgrade(&topology), wanted));
        }
        Ok(topology)
    }

    pub(crate) fn owner(&self, tag: Tag) -> Node {
        let owners = self.owners.read();
        // There is one for each tag since the first reading.
        owners.get(tag.index()).cloned().unwrap_or_default()
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.known.read().iter().cloned().collect()
    }

    /// A server says who has it; it knows better than what was read before.
    pub(crate) fn moved(&self, tag: Tag, to: &Node) {
        if let Some(owner) = self.owners.write().get_mut(tag.index())
            && owner != to
        {
            *owner = Arc::clone(to);
            self.changes.send_modify(|count| *count += 1);
        }
        self.read_again();
    }

    /// What was read may be out of date.
    pub(crate) fn read_again(&self) {
        self.wanted.notify_one();
    }

    /// Resolves when this server has none of these tags any more.
    pub(crate) async fn left(&self, node: &Node, tags: &[Tag]) {
        let mut changes = self.changes.subscribe();
        while tags.iter().any(|tag| self.owner(*tag) == *node) {
            // The sender is part of `self`, so it is alive.
            let _ = changes.changed().await;
        }
    }

    fn take_in(&self, found: &Found) {
        self.known.write().extend(found.nodes.iter().cloned());
        let mut has_changed = false;
        {
            let mut owners = self.owners.write();
            for (owner, new) in owners.iter_mut().zip(&found.owners) {
                // What nobody has at this moment stays where it was.
                if let Some(new) = new
                    && owner != new
                {
                    *owner = Arc::clone(new);
                    has_changed = true;
                }
            }
        }
        if has_changed {
            self.changes.send_modify(|count| *count += 1);
        }
    }
}

impl Drop for Topology {
    fn drop(&mut self) {
        self.wanted.notify_one();
    }
}

/// Reads again whenever it is wanted, each time from another server: one that is cut off from the
/// others does not know.
async fn keep(topology: std::sync::Weak<Topology>, wanted: Arc<Notify>) {
    let mut turn = 0;
    loop {
        wanted.notified().await;
        let Some(topology) = topology.upgrade() else {
            return;
        };
        if planted::is("keeps-the-map") {
            continue;
        }
        turn += 1;
        let nodes = topology.nodes();
        match discovery::again(topology.kind, &topology.dial, &nodes, turn).await {
            Ok(found) => topology.take_in(&found),
            Err(error) => tracing::warn!(%error, "no server says who has which slot"),
        }
        drop(topology);
        tokio::time::sleep(PAUSE).await;
    }
}
