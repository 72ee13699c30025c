//! Becoming a member, and ceasing to be one.

use std::sync::Arc;

use pizza_clock::Clock;
use pizza_store::{Labels, Member, MemberState, MembershipStore, StoreError, View};
use pizza_types::SiloId;

use crate::membership::Membership;
use crate::settings::ClusterSettings;

/// How often a change of the view is tried while others change it too. Each time somebody else
/// succeeds, so this ends.
const TRIES_MAX: u32 = 1_000;

/// Why a silo could not become a member, or leave.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the view of the cluster: {0}")]
    Store(#[from] StoreError),
    #[error("the view of the cluster was changed by others {TRIES_MAX} times in a row")]
    Contended,
}

/// What others are told of a silo that joins.
#[derive(Debug, Clone, Copy)]
pub struct Joining<'a> {
    pub name: &'a str,
    /// Where other silos reach it: host and port.
    pub address: &'a str,
    /// Where edges in other processes reach it, if they do.
    pub edges: Option<&'a str>,
    /// What actors may ask of it by name.
    pub labels: &'a Labels,
}

/// Joins the cluster under a name, with the next generation as a part of the id. It is given no actors before it is
/// marked as live, which is for when it serves: until then it has to send heartbeats only. The lease begins with
/// it: nobody knows this id yet, so there is nothing of its that others could have taken.
///
/// # Errors
/// When the store cannot be asked, or too many others join at this moment.
pub async fn join(
    store: &dyn MembershipStore,
    clock: &dyn Clock,
    settings: &ClusterSettings,
    joining: Joining<'_>,
) -> Result<Arc<Membership>, Error> {
    for _ in 0..TRIES_MAX {
        let before = store.view().await?;
        let sent_ms = clock.now_ms();
        let me = SiloId::of(joining.name, before.generation + 1);
        let view = before.next(|view| {
            view.generation += 1;
            let member = Member {
                address: joining.address.into(),
                edges: joining.edges.map(Into::into),
                // Older silos know no third state, and this one does all that is needed.
                state: MemberState::Leaving,
                labels: joining.labels.clone(),
            };
            view.members.insert(me.clone(), member);
        });
        if store.change_view(before.version, &view).await? {
            tracing::info!(silo = %me, view = view.version, members = view.members.len(), "joined the cluster");
            let membership = Membership::joined(&me, view);
            membership.lease().renew(sent_ms, settings.lease_ms);
            return Ok(Arc::new(membership));
        }
    }
    Err(Error::Contended)
}

/// Is given no more actors from now on, or is again. It has those that it has.
///
/// # Errors
/// As [`join`].
pub async fn mark(
    store: &dyn MembershipStore,
    me: &Membership,
    silo: &SiloId,
    state: MemberState,
) -> Result<(), Error> {
    change(store, me, |view| {
        if let Some(member) = view.members.get_mut(silo) {
            member.state = state;
        }
    })
    .await
}

/// Puts back what a silo of an older version has dropped from this one's row: it changes the view as a whole, and
/// knows fewer fields of it.
///
/// # Errors
/// As [`join`].
pub async fn mend(store: &dyn MembershipStore, me: &Membership) -> Result<(), Error> {
    if me.mended(&me.known().view).is_none() {
        return Ok(());
    }
    change(store, me, |view| {
        if let Some(row) = me.mended(view) {
            view.members.insert(me.me().clone(), row);
        }
    })
    .await
}

/// Is no member any more: whoever asks for an actor of its may take it from now on.
///
/// # Errors
/// As [`join`].
pub async fn leave(store: &dyn MembershipStore, me: &Membership) -> Result<(), Error> {
    // First: from the moment on that the others see it, nothing in memory is to be believed.
    me.lease().end();
    change(store, me, |view| {
        view.members.remove(me.me());
    })
    .await
}

/// Takes members for dead, those of them that are still in the view.
///
/// # Errors
/// As [`join`].
pub async fn declare_dead(
    store: &dyn MembershipStore,
    me: &Membership,
    dead: &[SiloId],
) -> Result<(), Error> {
    change(store, me, |view| {
        // Only by who is a member: one that was taken for dead has no say.
        if view.members.contains_key(me.me()) {
            view.members.retain(|silo, _| !dead.contains(silo));
        }
    })
    .await
}

/// Changes the view, whatever others make of it meanwhile.
async fn change(
    store: &dyn MembershipStore,
    me: &Membership,
    change: impl Fn(&mut View),
) -> Result<(), Error> {
    for _ in 0..TRIES_MAX {
        let before = store.view().await?;
        let after = before.next(&change);
        if after.members == before.members {
            me.adopt(before);
            return Ok(());
        }
        if store.change_view(before.version, &after).await? {
            me.adopt(after);
            return Ok(());
        }
    }
    Err(Error::Contended)
}
