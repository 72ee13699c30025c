//! A Redis Cluster of three primaries, as the tests of the store start it.

#[path = "../../../host/store-redis/tests/servers/process.rs"]
#[allow(dead_code, reason = "the tests of the store need more of it")]
mod process;
#[path = "../../../host/store-redis/tests/servers/cluster.rs"]
#[allow(dead_code, reason = "the tests of the store need more of it")]
mod servers;

use redis::Connection;
use tokio::runtime::Runtime;

use crate::common::ports;

/// Three primaries that write each command to their files before they answer.
pub(super) struct RedisCluster(servers::Cluster);

impl RedisCluster {
    pub(super) fn start() -> Self {
        // The kernel has what it is told then, and no server is killed here.
        let files = ["--appendonly", "yes", "--appendfsync", "no"];
        let settings = [&files[..], &["--cluster-require-full-coverage", "no"]].concat();
        let start = servers::Cluster::start_with(false, &settings);
        Self(Runtime::new().expect("a runtime").block_on(start))
    }

    /// The store of silos.
    pub(super) fn url(&self) -> String {
        self.0.url(0)
    }

    /// Stops a primary where it is, or lets it go on. Nobody takes over for it.
    pub(super) fn signal(&self, primary: usize, signal: &str) {
        self.0.nodes[primary].signal(signal);
    }

    /// Which of them has each hash tag.
    pub(super) fn primaries_of(&self, tags: &[String]) -> Vec<usize> {
        let mut first = self.connections().swap_remove(0);
        let slot = |tag: &String| -> usize {
            let mut asked = redis::cmd("CLUSTER");
            asked.arg("KEYSLOT").arg(format!("{{{tag}}}"));
            asked.query(&mut first).expect("it answers")
        };
        // Each has a third, in their order.
        tags.iter()
            .map(slot)
            .map(|slot| slot * 3 / 16_384)
            .collect()
    }

    /// A connection to each of them.
    pub(super) fn connections(&self) -> Vec<Connection> {
        let url = |node: usize| redis::Client::open(self.0.url(node)).expect("an address");
        let connected = (0..self.0.nodes.len()).map(|node| url(node).get_connection());
        connected.map(|one| one.expect("connected")).collect()
    }
}
