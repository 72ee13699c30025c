//! The silos of a cluster, as all of them agree on it: the view; and the heartbeats by which they
//! see who is still there. A silo that is alone on its store needs none of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use pizza_types::SiloId;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::members::Members;

/// What the silos agree on. Each change makes a new version of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub version: u64,
    /// The highest generation that was given to a silo so far. It never falls, so that no id
    /// returns.
    pub generation: u64,
    pub members: BTreeMap<SiloId, Member>,
}

/// What actors may ask of a silo by name: its region, say, or what it has beside it.
pub type Labels = BTreeSet<Arc<str>>;

/// A silo in the view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Where the others reach it: host and port.
    pub address: Arc<str>,
    /// Where edges in other processes reach it; unknown of one of an older version.
    #[serde(default)]
    pub edges: Option<Arc<str>>,
    pub state: MemberState,
    /// None of a silo of an older version. Where there are none, the row is as it was before there were any.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberState {
    /// It takes actors.
    Live,
    /// It has those that it has, and is given no more.
    Leaving,
}

impl View {
    /// Who may be alive.
    #[must_use]
    pub fn living(&self) -> Members {
        Members {
            generation: self.generation,
            live: self.members.keys().cloned().collect(),
            released: None,
        }
    }

    /// The view after this one, with some change made to it.
    #[must_use]
    pub fn next(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.version += 1;
        change(&mut next);
        next
    }
}

/// What a heartbeat tells whoever sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heartbeats {
    /// The version of the view that the store has.
    pub view_version: u64,
    /// How often each silo of the view was heard of since it came into it.
    pub counts: BTreeMap<SiloId, u64>,
    /// The date of the store when it answered, in milliseconds since the Unix epoch; `None` of a store that has no
    /// date of its own.
    pub store_ms: Option<u64>,
}

/// Keeping the view, and counting heartbeats.
#[async_trait]
pub trait MembershipStore: Send + Sync + 'static {
    /// Counts a heartbeat of this silo, and tells how often it and the others were heard of.
    ///
    /// # Errors
    /// When the store cannot be reached, or refuses.
    async fn heartbeat(&self, silo: &SiloId) -> Result<Heartbeats, StoreError>;

    /// The view; the default one where there never was any.
    ///
    /// # Errors
    /// When the store cannot be reached, or refuses.
    async fn view(&self) -> Result<View, StoreError>;

    /// Replaces the view if its version is still `from`; false if it is another one. The counts of
    /// silos that are not in the new one are forgotten, and those of silos that were not in the one
    /// before begin at 0: who never sends a heartbeat can be seen not to.
    ///
    /// # Errors
    /// When the store cannot be reached, or refuses; the view may have been replaced then.
    async fn change_view(&self, from: u64, to: &View) -> Result<bool, StoreError>;

    /// Takes what the store has now for all there is, where it went back in time: from here on it
    /// is written again. What is missing is lost. Where it never goes back there is nothing to do.
    ///
    /// # Errors
    /// When the store cannot be reached, or refuses; it may have been accepted in parts then.
    async fn accept_loss(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
