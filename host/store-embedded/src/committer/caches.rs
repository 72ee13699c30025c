//! What commits need to know of the store, kept so that it need not be read again.

use std::collections::HashMap;

use pizza_store::apply::Head;

use crate::actor_row::Layout;
use crate::recent::Recent;

/// The most actors whose heads are kept; a head takes some 100 bytes.
const HEADS_MAX: usize = 32_768;
/// The most streams, each with one key, whose newest position is kept.
const STREAM_HEADS_MAX: usize = 16_384;

/// What the committer knows of the store without reading it.
pub(crate) struct Caches {
    /// With the rows in which they lie.
    pub(super) heads: Recent<(Head, Layout)>,
    pub(super) stream_heads: Recent<u64>,
    /// The epoch floors of the shards that were asked for, by the shard's key.
    pub(super) floors: HashMap<Vec<u8>, u64>,
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            heads: Recent::new(HEADS_MAX),
            stream_heads: Recent::new(STREAM_HEADS_MAX),
            floors: HashMap::new(),
        }
    }
}
