//! A Redis Cluster of a test's own: three primaries, with a replica each or without.

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, cmd};

use super::ports::free_port;
use super::process::Process;

/// A third of the slots each.
const RANGES: [(u16, u16); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];

pub(crate) struct Cluster {
    /// Three primaries, then their replicas in the same order.
    pub(crate) nodes: Vec<Process>,
    ids: Vec<String>,
    /// Their ports for TLS, where they have any.
    pub(crate) tls_ports: Vec<u16>,
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks one server something.
pub(crate) async fn tell<T: FromRedisValue>(server: &Process, words: &[&str]) -> T {
    let told = try_tell(server, words).await;
    told.unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

pub(crate) async fn try_tell<T: FromRedisValue>(
    server: &Process,
    words: &[&str],
) -> redis::RedisResult<T> {
    let mut connection = connected(server).await?;
    let mut command = cmd(words[0]);
    command.arg(&words[1..]);
    command.query_async(&mut connection).await
}

async fn connected(server: &Process) -> redis::RedisResult<MultiplexedConnection> {
    let client = redis::Client::open(format!("redis://{}/", server.address()))?;
    client.get_multiplexed_async_connection().await
}

/// Whether the answer to a question contains a text.
pub(crate) async fn says(server: &Process, words: &[&str], text: &str) -> bool {
    let told = try_tell::<String>(server, words).await;
    told.is_ok_and(|told| told.contains(text))
}

impl Cluster {
    pub(crate) async fn start(replicas: bool) -> Self {
        Self::start_with(replicas, &["--cluster-require-full-coverage", "no"]).await
    }

    pub(crate) async fn start_with(replicas: bool, more: &[&str]) -> Self {
        Self::start_at(replicas, more, &[]).await
    }

    /// Three primaries that speak TLS to each other and to whoever wants to, with these settings of it.
    pub(crate) async fn start_with_tls(settings: &[String]) -> Self {
        let mut more = vec!["--cluster-require-full-coverage", "no"];
        more.extend(settings.iter().map(String::as_str));
        let tls_ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        Self::start_at(false, &more, &tls_ports).await
    }

    async fn start_at(replicas: bool, more: &[&str], tls_ports: &[u16]) -> Self {
        let count = if replicas { 6 } else { 3 };
        let buses: Vec<String> = (0..count).map(|_| free_port().to_string()).collect();
        let tls: Vec<String> = tls_ports.iter().map(ToString::to_string).collect();
        let start = |(at, bus): (usize, &String)| {
            let mut settings = vec!["--cluster-enabled", "yes", "--cluster-port", bus];
            settings.extend(["--cluster-node-timeout", "500"]);
            settings.extend(["--repl-diskless-sync-delay", "0"]);
            settings.extend(["--cluster-allow-replica-migration", "no"]);
            settings.extend(more);
            if let Some(port) = tls.get(at) {
                settings.extend(["--tls-port", port]);
            }
            Process::start(&settings)
        };
        let nodes: Vec<Process> = buses.iter().enumerate().map(start).collect();
        let mut ids = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            until("it answers", || async {
                try_tell::<String>(node, &["PING"]).await.is_ok()
            })
            .await;
            ids.push(tell::<String>(node, &["CLUSTER", "MYID"]).await);
            let epoch = (at + 1).to_string();
            let () = tell(node, &["CLUSTER", "SET-CONFIG-EPOCH", &epoch]).await;
            if let Some((first, last)) = RANGES.get(at) {
                let (first, last) = (first.to_string(), last.to_string());
                let () = tell(node, &["CLUSTER", "ADDSLOTSRANGE", &first, &last]).await;
            }
        }
        for (at, (node, bus)) in nodes.iter().zip(&buses).enumerate().skip(1) {
            let port = tls_ports.get(at).unwrap_or(&node.port).to_string();
            let () = tell(&nodes[0], &["CLUSTER", "MEET", "127.0.0.1", &port, bus]).await;
        }
        let cluster = Self {
            nodes,
            ids,
            tls_ports: tls_ports.to_vec(),
        };
        cluster.know_each_other().await;
        cluster
    }

    async fn know_each_other(&self) {
        let known = format!("cluster_known_nodes:{}", self.nodes.len());
        for node in &self.nodes {
            until("they know each other", || {
                says(node, &["CLUSTER", "INFO"], &known)
            })
            .await;
        }
        for (replica, id) in self.nodes[3..].iter().zip(&self.ids) {
            let () = tell(replica, &["CLUSTER", "REPLICATE", id]).await;
        }
        for replica in &self.nodes[3..] {
            until("it replicates", || {
                says(replica, &["INFO", "replication"], "master_link_status:up")
            })
            .await;
        }
        let replicas = self.nodes.len() - 3;
        for node in &self.nodes {
            until("it is whole", || async {
                let nodes = try_tell::<String>(node, &["CLUSTER", "NODES"]).await;
                let nodes = nodes.unwrap_or_default();
                let is_known = nodes.matches(" slave ").count()
                    + nodes.matches("myself,slave").count()
                    == replicas;
                is_known && says(node, &["CLUSTER", "INFO"], "cluster_state:ok").await
            })
            .await;
        }
    }

    /// The address of one member.
    pub(crate) fn url(&self, member: usize) -> String {
        format!("redis://{}", self.nodes[member].address())
    }

    /// The same by TLS.
    pub(crate) fn url_with_tls(&self, member: usize) -> String {
        format!("rediss://127.0.0.1:{}", self.tls_ports[member])
    }

    /// Forgets all that is in it.
    pub(crate) async fn flush(&self) {
        for primary in &self.nodes[..3] {
            let () = tell(primary, &["FLUSHALL", "SYNC"]).await;
        }
    }

    /// Moves a slot, key by key, as the tools of the servers do. Returns how many keys went.
    pub(crate) async fn migrate(
        &self,
        slot: u16,
        from: usize,
        to: usize,
        pause: Duration,
    ) -> usize {
        let slot = slot.to_string();
        let (source, target) = (&self.nodes[from], &self.nodes[to]);
        let setslot = |what: &'static str, id: usize| {
            ["CLUSTER", "SETSLOT", &*slot, what, &*self.ids[id]].map(ToOwned::to_owned)
        };
        for (node, words) in [
            (target, setslot("IMPORTING", from)),
            (source, setslot("MIGRATING", to)),
        ] {
            let () = tell(node, &words.each_ref().map(String::as_str)).await;
        }
        tokio::time::sleep(pause).await;
        let (port, mut moved) = (target.port.to_string(), 0);
        loop {
            let words = ["CLUSTER", "GETKEYSINSLOT", &*slot, "1"];
            let keys: Vec<Vec<u8>> = tell(source, &words).await;
            let Some(key) = keys.first() else {
                break;
            };
            let mut command = cmd("MIGRATE");
            command
                .arg("127.0.0.1")
                .arg(&port)
                .arg(key)
                .arg(0)
                .arg(5_000);
            let mut connection = connected(source).await.expect("connected");
            let () = command.query_async(&mut connection).await.expect("moved");
            moved += 1;
            tokio::time::sleep(pause).await;
        }
        // The target first, so that at no moment nobody has it.
        for node in [target, source].into_iter().chain(self.nodes[..3].iter()) {
            let words = setslot("NODE", to);
            let () = tell(node, &words.each_ref().map(String::as_str)).await;
        }
        moved
    }
}
