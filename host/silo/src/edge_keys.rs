//! The keys that edges share: a fact of the store, made when an edge first asks for it.

use bytes::Bytes;
use pizza_client::edge_keys::EdgeKeys;
use pizza_client::wire;
use pizza_store::{Store, StoreError};

const FACT: &str = "edge/keys";

/// The keys, with a new one that seals where it is time for one. Of several silos that make some at the
/// same time, one does, and the others take those.
pub(crate) async fn edge_keys(store: &dyn Store, now_ms: u64) -> Result<EdgeKeys, StoreError> {
    loop {
        let kept = store.fact(FACT).await?;
        // What cannot be read is left: a silo of another version may read it, and the secret that links
        // follow from would be lost.
        let unreadable = |detail| StoreError::Corrupt { detail };
        let keys = kept.as_ref().map(|bytes| wire::decode::<EdgeKeys>(bytes));
        let next = match keys.transpose().map_err(unreadable)? {
            None => EdgeKeys::new(now_ms),
            Some(keys) => match keys.renewed(now_ms) {
                None => return Ok(keys),
                Some(renewed) => renewed,
            },
        };
        let written = wire::encode(&next).map_err(|detail| StoreError::Corrupt { detail })?;
        let changes = vec![(FACT.to_owned(), Some(Bytes::from(written)))];
        if store.change_facts_if(FACT, kept.as_ref(), changes).await? {
            return Ok(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pizza_store::{FactStore as _, MemoryStore};

    #[tokio::test]
    async fn all_are_told_the_same_keys() {
        let store = MemoryStore::default();
        let asked = [
            edge_keys(&store, 5),
            edge_keys(&store, 6),
            edge_keys(&store, 7),
        ];
        let [one, two, three] = asked;
        let (one, two, three) = tokio::join!(one, two, three);
        let one = one.expect("keys");
        assert_eq!((&one, &one), (&two.expect("keys"), &three.expect("keys")));
        let later = edge_keys(&store, 5 + 8 * 24 * 60 * 60 * 1_000).await;
        let later = later.expect("keys");
        assert_eq!(later.sealing[1], one.sealing[0]);
        assert_eq!(later.lasting, one.lasting);
    }

    #[tokio::test]
    async fn what_is_no_list_of_keys_is_left_and_told() {
        let store = MemoryStore::default();
        let damaged = Bytes::from_static(b"damaged");
        store.set_fact(FACT, damaged.clone()).await.expect("noted");
        let told = edge_keys(&store, 5).await;
        assert!(matches!(told, Err(StoreError::Corrupt { .. })), "{told:?}");
        assert_eq!(store.fact(FACT).await, Ok(Some(damaged)));
    }
}
