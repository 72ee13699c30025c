//! The cluster in the eyes of an operator, as this silo knows it.

use std::sync::Arc;

use futures_util::future::join_all;
use pizza_cluster::{Load, Request, Response, join};
use pizza_store::{MemberState, MembershipStore};
use pizza_types::SiloId;

use crate::silo::Silo;

/// What a silo knows of its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    pub silo: SiloId,
    pub version: u64,
    /// How much longer the silo may believe its memory, in milliseconds; 0: it may not.
    pub lease_left_ms: u64,
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
    /// How many shards it guards.
    pub shards: usize,
}

impl Silo {
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
            shards: known.homes.shards_of(silo).len(),
        });
        Some(ClusterView {
            silo: membership.me().clone(),
            version: known.view.version,
            lease_left_ms: membership.lease().left_ms(self.core.clock.now_ms()),
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

    /// How much each silo has; nothing of one that does not answer.
    pub async fn loads(&self) -> Vec<(SiloId, Option<Load>)> {
        let known = self.core.membership.known();
        let asked = known.view.members.keys().map(async |silo| {
            if silo == self.core.membership.me() {
                return (silo.clone(), Some(self.core.load()));
            }
            let load = match self.core.network.ask(silo, Request::Load).await {
                Ok(Response::Load(load)) => Some(load),
                _ => None,
            };
            (silo.clone(), load)
        });
        join_all(asked).await
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
