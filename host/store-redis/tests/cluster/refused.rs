//! What a silo does not use.

use pizza_store_redis::{Options, RedisStore};

use crate::cluster::{Cluster, tell, try_tell, until};
use crate::fixture::{alone, options};
use crate::process::Process;

async fn refused(options: &Options) -> String {
    let connected = RedisStore::connect(options).await;
    connected.err().expect("refused").to_string()
}

#[tokio::test]
async fn the_weakest_server_of_a_cluster_counts() {
    let _alone = alone().await;
    let cluster =
        Cluster::start_with(true, &["--appendonly", "yes", "--appendfsync", "always"]).await;
    let ours = Options::at(cluster.url(0));
    let error = refused(&ours).await;
    assert!(error.contains("cluster-require-full-coverage"), "{error}");
    for node in &cluster.nodes {
        let words = ["CONFIG", "SET", "cluster-require-full-coverage", "no"];
        let () = tell(node, &words).await;
    }
    let durability = || async {
        let store = RedisStore::connect(&ours).await.expect("connected");
        pizza_store::Store::durability(&store)
    };
    assert_eq!(durability().await, pizza_types::Durability::Fsync);
    // A replica may be a primary tomorrow.
    let replica = &cluster.nodes[5];
    let () = tell(replica, &["CONFIG", "SET", "appendfsync", "no"]).await;
    assert_eq!(durability().await, pizza_types::Durability::Process);
    let () = tell(
        replica,
        &["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"],
    )
    .await;
    let error = refused(&ours).await;
    assert!(
        error.contains("allkeys-lru") && error.contains(&replica.address()),
        "{error}"
    );
}

#[tokio::test]
async fn servers_that_are_no_cluster_are_not_taken_for_one() {
    let _alone = alone().await;
    let servers = [Process::start(&[]), Process::start(&[])];
    for server in &servers {
        until("it answers", || async {
            try_tell::<String>(server, &["PING"]).await.is_ok()
        })
        .await;
    }
    let both = format!("redis://{},{}", servers[0].address(), servers[1].address());
    let error = refused(&options(&both)).await;
    assert!(error.contains("no member of a cluster"), "{error}");
    let sentinel = format!("redis+sentinel://{}/main", servers[0].address());
    refused(&options(&sentinel)).await;
}
