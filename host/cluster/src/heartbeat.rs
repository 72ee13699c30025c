//! Staying a member: heartbeats, the lease that comes of them, and the view as it changes.

use std::sync::Arc;

use pizza_clock::Clock;
use pizza_store::{Heartbeats, MembershipStore, StoreError};

use crate::join;
use crate::membership::Membership;
use crate::network::{Network, Request};
use crate::observer::Observer;
use crate::settings::ClusterSettings;

/// What it takes to stay a member.
pub struct Heartbeat {
    pub membership: Arc<Membership>,
    pub store: Arc<dyn MembershipStore>,
    pub network: Arc<dyn Network>,
    pub clock: Arc<dyn Clock>,
    pub settings: ClusterSettings,
}

impl Heartbeat {
    /// Sends heartbeats until this silo is taken for dead by the others.
    pub async fn run(self) {
        let mut observer = Observer::new(self.settings, self.clock.now_ms());
        while !self.membership.is_expelled() {
            let sent_ms = self.clock.now_ms();
            if let Err(error) = self.once(&mut observer, sent_ms).await {
                observer.failed();
                tracing::warn!(%error, "a heartbeat was not answered");
            }
            let next_ms = sent_ms.saturating_add(self.settings.heartbeat_ms);
            self.clock.sleep_until(next_ms).await;
        }
        let silo = self.membership.me();
        tracing::error!(%silo, "the other silos have taken this one for dead");
    }

    async fn once(&self, observer: &mut Observer, sent_ms: u64) -> Result<(), join::Error> {
        let heartbeats = self.answer(sent_ms).await?;
        let now_ms = self.clock.now_ms();
        let may_renew = observer.answered(&heartbeats, now_ms);
        self.follow_view(&heartbeats).await?;
        let known = self.membership.known();
        if may_renew && !self.membership.is_expelled() {
            let lease = self.membership.lease();
            lease.renew(sent_ms, self.settings.lease_ms);
        }
        let dead = observer.dead(&known.view, self.membership.me(), now_ms);
        if !dead.is_empty() {
            tracing::warn!(?dead, "silos are taken for dead: nothing was heard of them");
            join::declare_dead(&*self.store, &self.membership, &dead).await?;
            self.tell_others();
        }
        Ok(())
    }

    /// The heartbeat's answer; one that comes when the lease is over is of no use.
    async fn answer(&self, sent_ms: u64) -> Result<Heartbeats, StoreError> {
        let late_ms = sent_ms.saturating_add(self.settings.lease_ms);
        tokio::select! {
            biased;
            answer = self.store.heartbeat(self.membership.me()) => answer,
            () = self.clock.sleep_until(late_ms) => Err(StoreError::Io {
                action: "a heartbeat",
                detail: format!("no answer within {} ms", self.settings.lease_ms),
            }),
        }
    }

    /// Takes over a newer view, and gives the store back what it forgot.
    async fn follow_view(&self, heartbeats: &Heartbeats) -> Result<(), join::Error> {
        let ours = self.membership.known();
        if heartbeats.view_version > ours.view.version {
            self.membership.adopt(self.store.view().await?);
        } else if heartbeats.view_version < ours.view.version {
            // It went back in time; whoever was dead would live again.
            tracing::warn!(
                store = heartbeats.view_version,
                ours = ours.view.version,
                "the store has an older view of the cluster, and is told the newer one"
            );
            self.store
                .change_view(heartbeats.view_version, &ours.view)
                .await?;
        }
        Ok(())
    }

    /// The others would see it by their next heartbeat; this is sooner.
    fn tell_others(&self) {
        let known = self.membership.known();
        let others = known.view.members.keys();
        for silo in others.filter(|silo| *silo != self.membership.me()) {
            let (network, silo) = (Arc::clone(&self.network), silo.clone());
            let view = known.view.clone();
            // Whether it arrives does not matter.
            tokio::spawn(async move { network.ask(&silo, Request::View(view)).await.map(drop) });
        }
    }
}
