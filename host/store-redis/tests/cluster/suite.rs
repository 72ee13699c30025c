//! The contract of every store, on one cluster for all of it.

use std::sync::Arc;

use pizza_store::contract::cells::Cell;
use pizza_store::{MembershipStore, Store};
use tokio::sync::OnceCell;

use crate::cluster::Cluster;
use crate::fixture::{Alone, alone, connected};

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

async fn make() -> (Arc<dyn Store>, Alone) {
    let alone = alone().await;
    let cluster = CLUSTER.get_or_init(|| Cluster::start(true)).await;
    cluster.flush().await;
    (connected(&cluster.url(4)).await, alone)
}

async fn make_membership() -> (Arc<dyn MembershipStore>, Alone) {
    let alone = alone().await;
    let cluster = CLUSTER.get_or_init(|| Cluster::start(true)).await;
    cluster.flush().await;
    (connected(&cluster.url(0)).await, alone)
}

async fn make_cells() -> (Cell, Alone) {
    let alone = alone().await;
    let cluster = CLUSTER.get_or_init(|| Cluster::start(true)).await;
    cluster.flush().await;
    let store = connected(&cluster.url(4)).await;
    ((Arc::clone(&store) as Arc<_>, store), alone)
}

pizza_store::contract_tests!(make);
pizza_store::membership_tests!(make_membership);
pizza_store::cells_tests!(make_cells);
