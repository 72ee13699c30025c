//! The cluster in the eyes of an operator, as this silo knows it.

use std::sync::Arc;

use futures_util::future::join_all;
use pizza_cluster::{Load, Request, Response, join};
use pizza_store::{Labels, MemberState, MembershipStore};
use pizza_types::{CellName, SiloId};

use crate::silo::Silo;

/// What a silo knows of its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    pub silo: SiloId,
    pub version: u64,
    /// How much longer the silo may believe its memory, in milliseconds; 0: it may not.
    pub lease_left_ms: u64,
    /// How far the silo's date is ahead of the store's, in milliseconds; negative where it is behind, `None` while that
    /// is not known.
    pub clock_ahead_ms: Option<i64>,
    /// The same where it is so much that the date is wrong.
    pub clock_wrong_ms: Option<i64>,
    /// How long ago the oldest turn began of which something waits in a guarded log, in milliseconds; 0: nothing does.
    pub relay_lag_ms: u64,
    /// How long ago all guarded shards were last looked at, in milliseconds.
    pub guardian_lag_ms: u64,
    /// The silos that may be alive, in the order of their ids.
    pub members: Vec<MemberView>,
}

/// A silo as another one sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    pub silo: SiloId,
    pub address: Arc<str>,
    /// Where edges in other processes reach it.
    pub edges: Option<Arc<str>>,
    pub is_leaving: bool,
    pub labels: Labels,
    /// How many shards it guards.
    pub shards: usize,
}

/// Another cell as a silo of this one sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellView {
    pub name: CellName,
    pub is_away: bool,
    /// How long its last answer to a ping took, in milliseconds.
    pub round_trip_ms: u64,
    /// How much waits for it: messages, and entries with events.
    pub parked: usize,
    /// How much may.
    pub parked_max: usize,
}

impl Silo {
    /// The other cells.
    #[must_use]
    pub fn cells(&self) -> Vec<CellView> {
        let others = self.core.cells.others();
        let view = others.map(|cell| CellView {
            name: cell.name.clone(),
            is_away: cell.is_away(),
            round_trip_ms: cell.round_trip_ms(),
            parked: cell.count(),
            parked_max: cell.parts.parked_max,
        });
        view.collect()
    }

    /// The cell that this silo belongs to; `None` where there is one alone.
    #[must_use]
    pub fn cell(&self) -> Option<&CellName> {
        self.core.cells.parts().map(|parts| &parts.names.mine)
    }

    /// `None` for a silo that is alone on its store.
    #[must_use]
    pub fn cluster(&self) -> Option<ClusterView> {
        let membership = &self.core.membership;
        if membership.is_alone() {
            return None;
        }
        let known = membership.known();
        let members = known.view.members.iter().map(|(silo, member)| MemberView {
            silo: silo.clone(),
            address: Arc::clone(&member.address),
            edges: member.edges.clone(),
            is_leaving: member.state == MemberState::Leaving,
            labels: member.labels.clone(),
            shards: known.homes.shards_of(silo).len(),
        });
        let now_ms = self.core.clock.now_ms();
        let oldest_ms = self.core.outbox.oldest_ms(|shard| membership.guards(shard));
        let looked_ms = self.core.guarded.looked_ms();
        Some(ClusterView {
            silo: membership.me().clone(),
            version: known.view.version,
            lease_left_ms: membership.lease().left_ms(now_ms),
            clock_ahead_ms: membership.clock_offset().ahead_ms(),
            clock_wrong_ms: membership.clock_offset().wrong_ms(),
            relay_lag_ms: oldest_ms.map_or(0, |since_ms| now_ms.saturating_sub(since_ms)),
            guardian_lag_ms: now_ms.saturating_sub(looked_ms),
            members: members.collect(),
        })
    }

    /// Asks all silos but this one; tells what each of them says, or why it says nothing.
    pub async fn ask_others(&self, request: Request) -> Vec<(SiloId, Result<Response, String>)> {
        let known = self.core.membership.known();
        let me = self.core.membership.me();
        let others = known.view.members.keys().filter(|silo| *silo != me);
        let asked = others.map(async |silo| {
            let answer = self.core.network.ask(silo, request.clone()).await;
            (silo.clone(), answer.map_err(|error| error.to_string()))
        });
        join_all(asked).await
    }

    /// Whether a silo has only joined, and is given no actors yet.
    #[must_use]
    pub fn has_only_joined(&self, silo: &SiloId) -> bool {
        self.core.membership.has_only_joined(silo)
    }

    /// How much each silo has; nothing of one that does not answer.
    pub async fn loads(&self) -> Vec<(SiloId, Option<Load>)> {
        self.core.all_loads().await
    }

    /// From now on so many actors a second leave the silo that belong to others. False if it does not
    /// answer.
    pub async fn rebalance(&self, silo: &SiloId, per_second: u64) -> bool {
        if silo == self.core.membership.me() {
            self.core.rebalance(per_second);
            return true;
        }
        let asked = self
            .core
            .network
            .ask(silo, Request::Rebalance { per_second });
        matches!(asked.await, Ok(Response::Done))
    }

    /// A silo is given no more actors from now on, or is again.
    ///
    /// # Errors
    /// When the store of the view cannot be asked.
    pub async fn mark(
        &self,
        store: &dyn MembershipStore,
        silo: &SiloId,
        state: MemberState,
    ) -> Result<(), join::Error> {
        join::mark(store, &self.core.membership, silo, state).await
    }
}
