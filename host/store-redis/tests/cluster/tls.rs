//! TLS with certificates of both sides, to all servers of a cluster, and to sentinels and whom they name.

use std::sync::Arc;
use std::time::Duration;

use pizza_store::{ActorStore as _, Store};
use pizza_store_redis::{Options, RedisStore};
use pizza_types::{ShardId, SiloId};

use crate::certificates::Certificates;
use crate::cluster::{Cluster, tell, until};
use crate::fixture::{Settled, actors_of, actors_of_every, alone, check, commit, options, settle};
use crate::process::Process;

/// A shard, and its slot, which the first server has.
const SHARD: ShardId = ShardId(7);
const SLOT: u16 = 1_716;

fn with(url: &str, certificates: &Certificates) -> Options {
    Options {
        tls: Some(certificates.tls(Some(certificates))),
        ..options(url)
    }
}

async fn made(store: &RedisStore, actor: &pizza_types::ActorId) -> Settled {
    let commit = commit(actor, 0);
    let outcome = store.commit(Arc::clone(&commit)).await.map(drop);
    settle(store as &dyn Store, &commit, outcome).await
}

/// How many clients of a server, given by its list of them, are connected by its port for TLS.
async fn clients_at(server: &Process, port: u16) -> usize {
    let list: String = tell(server, &["CLIENT", "LIST"]).await;
    list.matches(&format!("laddr=127.0.0.1:{port} ")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_servers_of_a_cluster_are_spoken_to_by_tls() {
    let _alone = alone().await;
    let ours = Certificates::new();
    let cluster = Cluster::start_with_tls(&ours.settings()).await;
    let store = RedisStore::connect(&with(&cluster.url_with_tls(0), &ours)).await;
    let store = store.expect("connected");
    let actors = actors_of_every(64);
    for actor in &actors {
        assert_eq!(made(&store, actor).await, Settled::Done);
    }
    for actor in &actors {
        assert_eq!(check(&store, actor).await, 1);
    }
    for (node, port) in cluster.nodes.iter().zip(&cluster.tls_ports) {
        assert!(clients_at(node, *port).await > 0, "by its port for TLS");
    }
    // Whom a server names that has not the slot any more is spoken to by TLS, too.
    let moved = cluster.migrate(SLOT, 0, 1, Duration::ZERO).await;
    assert_eq!(moved, 0, "nothing is there yet");
    let actor = &actors_of(SHARD, 1)[0];
    assert_eq!(made(&store, actor).await, Settled::Done);
    assert_eq!(check(&store, actor).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_and_the_primary_are_spoken_to_by_tls() {
    let _alone = alone().await;
    let ours = Certificates::new();
    let settings = ours.settings();
    let primary = Process::start_with_tls(&settings);
    let sentinel = Process::sentinel_with_tls(primary.port, &settings);
    let url = format!("rediss+sentinel://{}/main", sentinel.address());
    let with_tls = with(&url, &ours);
    until("the sentinel to answer by TLS", || async {
        RedisStore::connect(&with_tls).await.is_ok()
    })
    .await;
    let store = RedisStore::connect(&with_tls).await.expect("connected");
    let actor = &actors_of(SHARD, 1)[0];
    assert_eq!(made(&store, actor).await, Settled::Done);
    let me = SiloId("one.1".into());
    let beat = pizza_store::MembershipStore::heartbeat(&store, &me).await;
    beat.expect("the primary answers");
    // A sentinel of strangers is not believed.
    let strangers = Certificates::new();
    let refused = RedisStore::connect(&with(&url, &strangers)).await;
    let error = refused.err().expect("refused").to_string();
    assert!(error.contains("`ca`"), "{error}");
}
