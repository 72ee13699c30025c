//! Leases of those who work outside, and their cursors, which only the holder of a lease moves.
//!
//! Silos that share a store keep them there, as facts. A silo that is alone keeps leases in its memory:
//! nobody else could give them, and a lease is written to every second, which a disk would feel.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use pizza_client::lease::{LeaseClaim, LeaseRecord};
use pizza_store::{FactChange, Store, StoreError};
use tokio::sync::RwLock;

/// The start of the names of leases' facts.
const LEASE: &str = "lease/";
/// The most leases that a silo keeps in its memory.
const LEASES_MAX: usize = 10_000;

pub(crate) struct Leases {
    store: Arc<dyn Store>,
    /// Of a silo that is alone. Whoever changes a cursor holds the lock for reading, so that no lease
    /// goes to another one meanwhile.
    own: RwLock<HashMap<String, LeaseRecord>>,
}

impl Leases {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        let own = RwLock::default();
        Self { store, own }
    }

    /// Who has the lease of this name.
    pub(crate) async fn get(
        &self,
        name: &str,
        is_alone: bool,
    ) -> Result<Option<LeaseRecord>, StoreError> {
        if is_alone {
            return Ok(self.own.read().await.get(name).copied());
        }
        let kept = self.store.fact(&format!("{LEASE}{name}")).await?;
        // What is no record is nobody's, and is written over.
        Ok(kept.and_then(|bytes| LeaseRecord::from_bytes(&bytes)))
    }

    /// Puts `after` in the place of `before`, where `None` is that nobody has it. False, if something else
    /// is there.
    pub(crate) async fn change(
        &self,
        name: &str,
        before: Option<LeaseRecord>,
        after: Option<LeaseRecord>,
        is_alone: bool,
    ) -> Result<bool, StoreError> {
        if is_alone {
            let mut own = self.own.write().await;
            let has_room = own.len() < LEASES_MAX || own.contains_key(name);
            if own.get(name).copied() != before || !has_room {
                return Ok(false);
            }
            match after {
                Some(after) => own.insert(name.to_owned(), after),
                None => own.remove(name),
            };
            return Ok(true);
        }
        let name = format!("{LEASE}{name}");
        let before = before.map(LeaseRecord::to_bytes);
        let changes = vec![(name.clone(), after.map(LeaseRecord::to_bytes))];
        self.store
            .change_facts_if(&name, before.as_ref(), changes)
            .await
    }

    /// Changes facts if this holder has the lease. False, and nothing was changed, if it does not.
    pub(crate) async fn change_under(
        &self,
        claim: &LeaseClaim,
        change: FactChange,
        is_alone: bool,
    ) -> Result<bool, StoreError> {
        if is_alone {
            let own = self.own.read().await;
            let holder = own.get(&claim.name).map(|record| record.holder);
            if holder != Some(claim.holder) {
                return Ok(false);
            }
            self.store.change_facts(vec![change]).await?;
            return Ok(true);
        }
        let name = format!("{LEASE}{}", claim.name);
        loop {
            let kept: Option<Bytes> = self.store.fact(&name).await?;
            let record = kept.as_deref().and_then(LeaseRecord::from_bytes);
            if record.map(|record| record.holder) != Some(claim.holder) {
                return Ok(false);
            }
            let changes = vec![change.clone()];
            if self
                .store
                .change_facts_if(&name, kept.as_ref(), changes)
                .await?
            {
                return Ok(true);
            }
            // The holder has written to its lease meanwhile, or has lost it.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pizza_store::MemoryStore;
    use pizza_types::MessageId;

    #[tokio::test]
    async fn a_cursor_moves_only_for_the_holder() {
        for is_alone in [true, false] {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
            let leases = Leases::new(Arc::clone(&store));
            let record = |holder, beat| LeaseRecord {
                holder: MessageId([holder; 16]),
                beat,
            };
            let claim = |holder| LeaseClaim {
                name: "mqtt/a".to_owned(),
                holder: MessageId([holder; 16]),
            };
            let change = |before, after| leases.change("mqtt/a", before, after, is_alone);
            assert!(change(None, Some(record(1, 0))).await.expect("changed"));
            assert!(!change(None, Some(record(2, 0))).await.expect("asked"));
            let fact = |value: u8| ("cursor".to_owned(), Some(Bytes::from(vec![value])));
            let under = |holder, value| {
                let (claim, fact) = (claim(holder), fact(value));
                let leases = &leases;
                async move {
                    leases
                        .change_under(&claim, fact, is_alone)
                        .await
                        .expect("asked")
                }
            };
            assert!(under(1, 1).await);
            assert!(!under(2, 2).await);
            let kept = store.fact("cursor").await.expect("read");
            assert_eq!(kept.as_deref(), Some(&[1][..]));
            let taken = change(Some(record(1, 0)), Some(record(2, 0)));
            assert!(taken.await.expect("changed"));
            assert!(!under(1, 3).await, "it has lost it");
            assert!(under(2, 4).await);
            assert!(change(Some(record(2, 0)), None).await.expect("changed"));
            assert!(!under(2, 5).await, "nobody has it");
        }
    }
}
