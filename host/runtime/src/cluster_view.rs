//! The cluster in the eyes of an operator, as this silo knows it.

use std::sync::Arc;

use pizza_store::MemberState;
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
}
