//! Whether the others take this silo for one: asked before it becomes a member, and once more before it is given
//! actors, because nobody could reach those of a member whom the others refuse.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use pizza_clock::Clock;
use pizza_store::{Member, MemberState, MembershipStore, StoreError};
use pizza_types::SiloId;

use super::dial::Dial;
use super::error::Error;
use super::link::{self, Beginning};
use super::progress::Progress;
use super::settings::Settings;
use crate::settings::ClusterSettings;

/// So many are asked at once: a hundred that start together are not to greet each other all at once.
const AT_ONCE_MAX: usize = 8;

/// Why a silo should not become a member.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    #[error("the view of the cluster: {0}")]
    Store(#[from] StoreError),
    #[error(
        "this silo and {silo}, a member at {address}, do not take each other for silos of one cluster: {error}"
    )]
    Refused {
        silo: SiloId,
        address: Arc<str>,
        error: Error,
    },
}

/// What it takes to ask.
pub struct Asking<'a> {
    pub store: &'a dyn MembershipStore,
    pub dial: &'a Arc<dyn Dial>,
    pub clock: &'a Arc<dyn Clock>,
    pub settings: Settings,
    pub cluster: ClusterSettings,
    pub name: &'a str,
    /// Where this silo is found: who was there before is gone.
    pub address: &'a str,
    /// Who joined before this generation is asked also where it does not serve yet: of silos that start at the
    /// same time, the later one. 0 for one that has not joined.
    pub before: u64,
}

/// Greets the members. One that welcomes this silo is enough, and one that cannot be reached says nothing.
///
/// # Errors
/// When no member welcomes it, and one that lives refuses it or is refused by it.
pub async fn ask(asking: Asking<'_>) -> Result<(), NotAdmitted> {
    let view = asking.store.view().await?;
    let is_asked = |silo: &SiloId, member: &Member| {
        let serves = member.state == MemberState::Live || silo.generation() < asking.before;
        serves && &*member.address != asking.address
    };
    let others = view.members.iter();
    let others = others.filter(|(silo, member)| is_asked(silo, member));
    let asked = others.map(|(silo, member)| async {
        let greeted = asking.greet(silo, member).await;
        (silo.clone(), Arc::clone(&member.address), greeted)
    });
    let asked: Vec<_> = asked.collect();
    let mut answers = iter(asked).buffer_unordered(AT_ONCE_MAX);
    let mut refused = Vec::new();
    while let Some((silo, address, greeted)) = answers.next().await {
        match greeted {
            Ok(()) => return Ok(()),
            Err(error) if error.is_to_be_mended() => refused.push((silo, address, error)),
            Err(error) => tracing::debug!(%silo, %error, "a member was not reached"),
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    asking.first_alive(refused).await.map_or(Ok(()), Err)
}

impl Asking<'_> {
    async fn greet(&self, silo: &SiloId, member: &Member) -> Result<(), Error> {
        let beginning = Beginning {
            me: self.me(),
            to: silo.clone(),
            address: Arc::clone(&member.address),
            dial: Arc::clone(self.dial),
            clock: Arc::clone(self.clock),
            settings: self.settings,
            warnings: Arc::default(),
        };
        let connected = link::connect(&beginning, &Progress::default()).await;
        connected.map(drop)
    }

    /// It is no member yet: its id is none that anybody has.
    fn me(&self) -> SiloId {
        SiloId::of(self.name, 0)
    }

    /// Members that died stay in the view when nobody is left who sees it, and somebody else may have
    /// their addresses by now: only one that sends heartbeats has a say.
    async fn first_alive(&self, refused: Vec<(SiloId, Arc<str>, Error)>) -> Option<NotAdmitted> {
        let me = self.me();
        let beats = async || self.store.heartbeat(&me).await.map(|beats| beats.counts);
        let before = beats().await;
        // Within this time each that lives sends one, or is taken for dead.
        let wait_ms = self.cluster.dead_after_ms;
        let until_ms = self.clock.now_ms().saturating_add(wait_ms);
        self.clock.sleep_until(until_ms).await;
        let (before, after) = match (before, beats().await) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(error), _) | (_, Err(error)) => return Some(error.into()),
        };
        let mut alive = refused
            .into_iter()
            .filter(|(silo, ..)| after.get(silo) > before.get(silo));
        let (silo, address, error) = alive.next()?;
        Some(NotAdmitted::Refused {
            silo,
            address,
            error,
        })
    }
}
