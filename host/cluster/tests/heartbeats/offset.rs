//! A silo whose date is not the store's.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_clock::{Clock, SystemClock};
use pizza_store::{Heartbeats, MembershipStore, MemoryStore, StoreError, View};
use pizza_types::SiloId;

use crate::fixture::{SentFrom, Silo, until};

/// How far it is off, in milliseconds.
const OFF_MS: i64 = -3_000;

struct OffDate;

#[async_trait]
impl Clock for OffDate {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms()
    }

    fn wall_ms(&self) -> u64 {
        SystemClock.wall_ms().saturating_add_signed(OFF_MS)
    }

    async fn sleep_until(&self, at_ms: u64) {
        SystemClock.sleep_until(at_ms).await;
    }
}

/// A store that has the right date.
struct Dated(MemoryStore);

#[async_trait]
impl MembershipStore for Dated {
    async fn heartbeat(&self, silo: &SiloId) -> Result<Heartbeats, StoreError> {
        let heartbeats = self.0.heartbeat(silo).await?;
        Ok(Heartbeats {
            store_ms: Some(SystemClock.wall_ms()),
            ..heartbeats
        })
    }

    async fn view(&self) -> Result<View, StoreError> {
        self.0.view().await
    }

    async fn change_view(&self, from: u64, to: &View) -> Result<bool, StoreError> {
        self.0.change_view(from, to).await
    }
}

#[test]
fn a_silo_knows_how_far_its_date_is_from_the_stores() {
    let store: Arc<dyn MembershipStore> = Arc::new(Dated(MemoryStore::new()));
    let (right, wrong) = (
        Silo::joined("right", &store, Arc::new(SystemClock), SentFrom::OwnThread),
        Silo::joined("wrong", &store, Arc::new(OffDate), SentFrom::OwnThread),
    );
    for (silo, expected_ms) in [(right, 0), (wrong, OFF_MS)] {
        let ahead_ms = || silo.membership.clock_offset().ahead_ms();
        until("it is measured", || ahead_ms().is_some());
        let ahead_ms = ahead_ms().expect("measured");
        assert!(ahead_ms.abs_diff(expected_ms) <= 200, "{ahead_ms} ms");
    }
}
