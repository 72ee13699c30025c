//! Staying a member: heartbeats, the lease that comes of them, and the view as it changes.

use std::sync::Arc;

use futures_util::future::join_all;
use pizza_clock::{Clock, Moment};
use pizza_store::{Heartbeats, MembershipStore, StoreError};
use tokio::runtime::Handle;

use crate::join;
use crate::membership::Membership;
use crate::network::{Network, Request};
use crate::observer::Observer;
use crate::pulse::Pulse;
use crate::settings::ClusterSettings;

/// What it takes to stay a member.
pub struct Heartbeat {
    pub membership: Arc<Membership>,
    pub store: Arc<dyn MembershipStore>,
    pub network: Arc<dyn Network>,
    pub clock: Arc<dyn Clock>,
    pub settings: ClusterSettings,
    /// Whether the silo still does its work.
    pub pulse: Arc<Pulse>,
    /// The runtime that does it: from there other silos are told what is urgent, for the links to them are its own.
    pub workers: Handle,
}

impl Heartbeat {
    /// Sends heartbeats until this silo is taken for dead by the others, or does no work for so long that it will
    /// not do any.
    pub async fn run(self) {
        let mut observer = Observer::new(self.settings, self.clock.now_ms());
        // Counted, and not read off the clock: a machine that slept has lost nothing but time.
        let mut silences: u64 = 0;
        while !self.membership.is_expelled() {
            let sent_ms = self.clock.now_ms();
            let silent_ms = self.pulse.silent_ms(sent_ms);
            if silent_ms > self.settings.silent_ms_max {
                observer.failed();
                silences += 1;
                if silences == 1 {
                    tracing::error!(
                        silent_ms,
                        "this silo does no work any more, and sends no heartbeats until it does"
                    );
                }
                if silences * self.settings.heartbeat_ms >= self.settings.hung_ms_max {
                    tracing::error!(silent_ms, "this silo hangs, and ends");
                    return;
                }
            } else {
                silences = 0;
                if let Err(error) = self.once(&mut observer, sent_ms).await {
                    observer.failed();
                    tracing::warn!(%error, "a heartbeat was not answered");
                }
            }
            let next_ms = sent_ms.saturating_add(self.settings.heartbeat_ms);
            self.clock.sleep_until(next_ms).await;
        }
        let silo = self.membership.me();
        tracing::error!(%silo, "the other silos have taken this one for dead");
    }

    async fn once(&self, observer: &mut Observer, sent_ms: u64) -> Result<(), join::Error> {
        let asked = Moment::of(&*self.clock);
        let heartbeats = self.answer(sent_ms).await?;
        let answered = Moment::of(&*self.clock);
        let now_ms = answered.now_ms;
        if let Some(store_ms) = heartbeats.store_ms {
            let offset = self.membership.clock_offset();
            offset.measured(asked, answered, store_ms);
        }
        let may_renew = observer.answered(&heartbeats, now_ms);
        self.follow_view(&heartbeats).await?;
        join::mend(&*self.store, &self.membership).await?;
        let known = self.membership.known();
        if may_renew && !self.membership.is_expelled() {
            let lease = self.membership.lease();
            lease.renew(sent_ms, self.settings.lease_ms);
        }
        let dead = observer.dead(&known.view, self.membership.me(), now_ms);
        if !dead.is_empty() {
            tracing::warn!(?dead, "silos are taken for dead: nothing was heard of them");
            join::declare_dead(&*self.store, &self.membership, &dead).await?;
            self.workers.spawn(tell_others(
                Arc::clone(&self.membership),
                Arc::clone(&self.network),
            ));
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
}

/// Tells the others the view as this silo knows it. They would see it by their next heartbeat; this is sooner.
pub async fn tell_others(membership: Arc<Membership>, network: Arc<dyn Network>) {
    let known = membership.known();
    let others = known.view.members.keys();
    let others = others.filter(|silo| *silo != membership.me());
    // Whether it arrives does not matter.
    join_all(others.map(|silo| network.ask(silo, Request::View(known.view.clone())))).await;
}
