//! The cluster as this silo knows it: the newest view it has heard of, and its own lease.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pizza_store::{Labels, Member, MemberState, Members, View};
use pizza_types::{ShardId, ShardSet, SiloId};
use tokio::sync::watch;

use crate::clock_offset::ClockOffset;
use crate::homes::Homes;
use crate::lease::Lease;

/// A view, and what follows from it.
#[derive(Debug)]
pub struct Known {
    pub view: View,
    /// Who may be alive.
    pub living: Members,
    pub homes: Homes,
}

impl Known {
    fn of(view: View) -> Self {
        Self {
            living: view.living(),
            homes: Homes::of(&view),
            view,
        }
    }

    /// The silos that take actors and have this label.
    pub fn labelled(&self, label: &str) -> impl Iterator<Item = &SiloId> {
        let has = move |silo: &&SiloId| self.labels(silo).is_some_and(|l| l.contains(label));
        self.homes.silos().iter().filter(has)
    }

    fn labels(&self, silo: &SiloId) -> Option<&Labels> {
        Some(&self.view.members.get(silo)?.labels)
    }
}

/// What a silo knows of its cluster. One that is alone has no view that could change, and a lease
/// for ever.
#[derive(Debug)]
pub struct Membership {
    me: SiloId,
    alone: bool,
    known: watch::Sender<Arc<Known>>,
    lease: Lease,
    clock_offset: ClockOffset,
    expelled: AtomicBool,
    /// The silos that were given actors, as far as this one has seen.
    given_actors: Mutex<BTreeSet<SiloId>>,
    /// The row with which this silo has joined; `None` for one that is alone.
    row: Option<Member>,
}

impl Membership {
    /// The only silo of its store.
    #[must_use]
    pub fn alone(me: &SiloId) -> Self {
        Self::believing(me, Members::alone(me))
    }

    /// The only silo of its store, which takes these for living.
    #[must_use]
    pub fn believing(me: &SiloId, living: Members) -> Self {
        let known = Known {
            view: View::default(),
            living,
            homes: Homes::all(me),
        };
        Self {
            me: me.clone(),
            alone: true,
            known: watch::Sender::new(Arc::new(known)),
            lease: Lease::for_ever(),
            clock_offset: ClockOffset::default(),
            expelled: AtomicBool::new(false),
            given_actors: Mutex::default(),
            row: None,
        }
    }

    /// One of many, as the view says that it is in.
    #[must_use]
    pub fn joined(me: &SiloId, view: View) -> Self {
        Self {
            me: me.clone(),
            alone: false,
            row: view.members.get(me).cloned(),
            known: watch::Sender::new(Arc::new(Known::of(view))),
            lease: Lease::none(),
            clock_offset: ClockOffset::default(),
            expelled: AtomicBool::new(false),
            given_actors: Mutex::default(),
        }
    }

    #[must_use]
    pub fn me(&self) -> &SiloId {
        &self.me
    }

    /// Whether there never is another silo.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// What is known now. It does not change while it is held.
    #[must_use]
    pub fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.borrow())
    }

    /// Whether this silo guards the shard.
    #[must_use]
    pub fn guards(&self, shard: ShardId) -> bool {
        self.alone || self.known.borrow().homes.home(shard) == Some(&self.me)
    }

    /// The shards that this silo guards.
    #[must_use]
    pub fn guarded(&self) -> ShardSet {
        if self.alone {
            return ShardSet::ALL;
        }
        self.known.borrow().homes.shards_of(&self.me)
    }

    #[must_use]
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// How far this silo's date is from that of the store.
    #[must_use]
    pub fn clock_offset(&self) -> &ClockOffset {
        &self.clock_offset
    }

    /// This silo's row as it has to be in this view, if the view has it otherwise.
    pub(crate) fn mended(&self, view: &View) -> Option<Member> {
        let (ours, theirs) = (self.row.as_ref()?, view.members.get(&self.me)?);
        let state = theirs.state;
        let mended = Member {
            state,
            ..ours.clone()
        };
        (mended != *theirs).then_some(mended)
    }

    /// Takes a view over if it is newer than the one that is known; false if it is not. A silo
    /// that finds itself missing was taken for dead, and is from then on.
    pub fn adopt(&self, view: View) -> bool {
        let is_in = view.members.contains_key(&self.me);
        self.note_given_actors(&view);
        let is_newer = self.known.send_if_modified(|known| {
            let is_newer = view.version > known.view.version;
            if is_newer {
                *known = Arc::new(Known::of(view));
            }
            is_newer
        });
        if is_newer && !is_in {
            self.expelled.store(true, Ordering::Release);
            self.lease.end();
        }
        is_newer
    }

    fn note_given_actors(&self, view: &View) {
        let mut given = self.given_actors.lock();
        given.retain(|silo| view.members.contains_key(silo));
        let live = view.members.iter();
        let live = live.filter(|(_, member)| member.state == MemberState::Live);
        given.extend(live.map(|(silo, _)| silo.clone()));
    }

    /// Whether a silo has only joined, and is given no actors yet. One that this silo found leaving when it
    /// joined itself may have some.
    #[must_use]
    pub fn has_only_joined(&self, silo: &SiloId) -> bool {
        let known = self.known.borrow();
        let member = known.view.members.get(silo);
        let is_leaving = member.is_some_and(|member| member.state == MemberState::Leaving);
        let is_later = silo.generation() > self.me.generation();
        is_leaving && is_later && !self.given_actors.lock().contains(silo)
    }

    /// Whether the others have taken this silo for dead.
    #[must_use]
    pub fn is_expelled(&self) -> bool {
        self.expelled.load(Ordering::Acquire)
    }

    /// Whether this silo is given no more actors.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        let known = self.known.borrow();
        let me = known.view.members.get(&self.me);
        me.is_some_and(|me| me.state == MemberState::Leaving)
    }

    /// Tells of each newer view.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Arc<Known>> {
        self.known.subscribe()
    }
}
