//! A lane: the commands of some of the tags, on a connection to each server that has one of them.
//! A server that is slow or gone holds up its own tags alone.

use std::sync::Arc;

use parking_lot::Mutex;
use redis::Cmd;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::batch::order_of;
use crate::link::{Core, schedule};
use crate::queues::{Answer, LaneError, QUEUE_MAX, Queues, Waiting};
use crate::replicas::Replicas;
use crate::script::Scripts;
use crate::tag::Tag;
use crate::topology::Topology;

/// The lanes of a store, among which tags are spread.
pub(crate) struct Lanes(Vec<Lane>);

impl Lanes {
    pub(crate) fn begin(
        topology: &Arc<Topology>,
        scripts: &Arc<Scripts>,
        count: usize,
        replicas: Replicas,
    ) -> Self {
        let lane = |_| Lane::begin(Arc::clone(topology), Arc::clone(scripts), replicas);
        Self((0..count.max(1)).map(lane).collect())
    }

    /// Queues a command at once, as [`Lane::ask`] does.
    pub(crate) fn ask(
        &self,
        tag: Tag,
        command: Cmd,
    ) -> impl Future<Output = Answer> + Send + use<> {
        self.0[tag.index() % self.0.len()].ask(tag, command)
    }
}

/// Its connections end with it, when what it was asked is answered.
pub(crate) struct Lane(Arc<Core>);

impl Lane {
    pub(crate) fn begin(
        topology: Arc<Topology>,
        scripts: Arc<Scripts>,
        replicas: Replicas,
    ) -> Self {
        Self(Arc::new(Core {
            topology,
            scripts,
            replicas,
            queues: Mutex::new(Queues::default()),
        }))
    }

    /// Queues a command at once; what is awaited is its answer. Those of one tag take effect in the
    /// order in which they were queued.
    pub(crate) fn ask(
        &self,
        tag: Tag,
        command: Cmd,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        let order = order_of(&command, &self.0.scripts.commit.hash);
        let waiting = Waiting {
            needs_replicas: self.0.replicas.must_have(&command),
            command,
            order,
            since: Instant::now(),
            hops: 0,
            answer,
        };
        let queued = self.0.queues.lock().push(tag, waiting);
        let is_queued = queued.is_ok();
        if queued.is_ok_and(|is_first| is_first) {
            schedule(&self.0, tag);
        }
        async move {
            if !is_queued {
                let detail = format!("{QUEUE_MAX} commands wait for it");
                return Err(LaneError::NotSent(detail));
            }
            let lost = || LaneError::Lost("the connection has ended".to_owned());
            answered.await.unwrap_or_else(|_| Err(lost()))
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.0.queues.lock().close();
    }
}
