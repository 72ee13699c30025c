//! How busy silos are: what this one says of itself, and what it hears of the others.

use std::sync::Arc;

use futures_util::future::join_all;
use pizza_cluster::{Load, Request, Response};
use pizza_types::{ActorId, SiloId};

use crate::core::Core;

/// How often the others are asked, in milliseconds, where any type is placed by it.
const ASK_MS: u64 = 1_000;
impl Core {
    /// How much this silo has.
    pub(crate) fn load(&self) -> Load {
        Load {
            in_memory: self.slots.len(),
            misplaced: self.count_misplaced(),
            cpu_permille: self.cpu.used_permille(),
        }
    }

    fn count_misplaced(&self) -> usize {
        let (me, known) = (self.membership.me(), self.membership.known());
        let view_version = known.view.version;
        self.misplaced
            .in_view(view_version, self.clock.now_ms(), || {
                let mut misplaced = 0;
                let mut count =
                    |actor: &ActorId| misplaced += usize::from(!self.fits(actor, me, &known));
                self.slots.each(&mut count);
                misplaced
            })
    }

    /// How much a silo says that it has; `None` if it says nothing.
    async fn load_of(&self, silo: &SiloId) -> Option<Load> {
        if silo == self.membership.me() {
            return Some(self.load());
        }
        match self.network.ask(silo, Request::Load).await {
            Ok(Response::Load(load)) => Some(load),
            _ => None,
        }
    }

    /// How much each silo has; nothing of one that does not answer.
    pub(crate) async fn all_loads(&self) -> Vec<(SiloId, Option<Load>)> {
        let known = self.membership.known();
        let asked = known.view.members.keys();
        let asked = asked.map(async |silo| (silo.clone(), self.load_of(silo).await));
        join_all(asked).await
    }
}

/// Keeps what is known of the others' loads fresh, while anything depends on it, until the silo stops.
pub(crate) async fn run(core: Arc<Core>) {
    let mut changes = core.membership.changes();
    loop {
        changes.borrow_and_update();
        let next_ms = core.clock.now_ms().saturating_add(ASK_MS);
        if core.catalog.places_by_load() {
            tokio::select! {
                biased;
                () = ask(&core) => {}
                // Whoever takes longer is asked again; what it said before gets old meanwhile.
                () = core.clock.sleep_until(next_ms) => {}
            }
        }
        tokio::select! {
            biased;
            // Whoever has joined is to get actors as soon as it can be heard.
            _ = changes.changed() => {}
            () = core.clock.sleep_until(next_ms) => {}
        }
    }
}

async fn ask(core: &Core) {
    let known = core.membership.known();
    core.loads.forget_others(&known.view);
    let asked = known.view.members.keys().map(async |silo| {
        if let Some(load) = core.load_of(silo).await {
            core.loads.heard(silo, load, core.clock.now_ms());
        }
    });
    join_all(asked).await;
}
