//! The view and the heartbeats.

use async_trait::async_trait;
use pizza_types::SiloId;

use super::MemoryStore;
use crate::error::StoreError;
use crate::membership::{Heartbeats, MembershipStore, View};

#[async_trait]
impl MembershipStore for MemoryStore {
    async fn heartbeat(&self, silo: &SiloId) -> Result<Heartbeats, StoreError> {
        let mut tables = self.tables.lock();
        // A silo that was taken for dead is not counted again by its next heartbeat.
        if tables.view.members.contains_key(silo) {
            *tables.heartbeats.entry(silo.clone()).or_default() += 1;
        }
        Ok(Heartbeats {
            view_version: tables.view.version,
            counts: tables.heartbeats.clone(),
            store_ms: None,
        })
    }

    async fn view(&self) -> Result<View, StoreError> {
        Ok(self.tables.lock().view.clone())
    }

    async fn change_view(&self, from: u64, to: &View) -> Result<bool, StoreError> {
        let mut tables = self.tables.lock();
        if tables.view.version != from {
            return Ok(false);
        }
        tables.view = to.clone();
        let members = &to.members;
        tables
            .heartbeats
            .retain(|silo, _| members.contains_key(silo));
        for silo in members.keys() {
            tables.heartbeats.entry(silo.clone()).or_default();
        }
        Ok(true)
    }
}
