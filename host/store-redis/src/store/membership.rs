//! The view of the cluster, and heartbeats, as the store has them beside everything else.

use async_trait::async_trait;
use pizza_store::{Heartbeats, MembershipStore, StoreError, View};
use pizza_types::SiloId;

use super::RedisStore;

#[async_trait]
impl MembershipStore for RedisStore {
    async fn heartbeat(&self, silo: &SiloId) -> Result<Heartbeats, StoreError> {
        self.membership.heartbeat(silo).await
    }

    async fn view(&self) -> Result<View, StoreError> {
        self.membership.view().await
    }

    async fn change_view(&self, from: u64, to: &View) -> Result<bool, StoreError> {
        self.membership.change_view(from, to).await
    }

    async fn accept_loss(&self) -> Result<(), StoreError> {
        self.membership.accept_loss().await
    }
}
