//! The contract of every store, on a server of each test's own.

#[path = "../servers/certificates.rs"]
mod certificates;
#[path = "../servers/ports.rs"]
mod ports;
#[path = "../servers/process.rs"]
#[allow(dead_code, reason = "clusters need more of it")]
mod process;
mod server;
mod tls;

use std::sync::Arc;

use pizza_store::contract::cells::Cell;
use pizza_store::{MembershipStore, Store};
use pizza_store_redis::{Options, RedisStore};

use server::Server;

async fn make() -> (Arc<dyn Store>, Server) {
    let (server, store) = Server::with_store().await;
    (store, server)
}

async fn make_membership() -> (Arc<dyn MembershipStore>, Server) {
    let (server, store) = Server::with_store().await;
    (store, server)
}

async fn make_cells() -> (Cell, Server) {
    let (server, store) = Server::with_store().await;
    ((Arc::clone(&store) as Arc<_>, store), server)
}

pizza_store::contract_tests!(make);
pizza_store::membership_tests!(make_membership);
pizza_store::cells_tests!(make_cells);

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let nobody = Options::at("redis://127.0.0.1:1/");
    let refused = RedisStore::connect(&nobody).await;
    let error = refused.err().expect("nobody is there").to_string();
    assert!(error.contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn a_server_that_was_started_anew_learns_the_scripts_again() {
    let (server, store) = Server::with_store().await;
    let flushed = redis::Client::open(server.url()).expect("an address");
    let mut flushing = flushed
        .get_multiplexed_async_connection()
        .await
        .expect("connected");
    let flush: redis::RedisResult<()> = redis::cmd("SCRIPT")
        .arg("FLUSH")
        .query_async(&mut flushing)
        .await;
    flush.expect("flushed");
    assert!(
        store
            .heartbeat(&pizza_types::SiloId("a.1".into()))
            .await
            .is_ok()
    );
}
