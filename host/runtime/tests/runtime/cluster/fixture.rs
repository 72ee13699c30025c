//! Silos of one process, on one store in memory, each with a membership and a link of its own.

use std::sync::Arc;

use pizza_clock::{Clock, SystemClock};
use pizza_cluster::heartbeat::Heartbeat;
use pizza_cluster::join::{self, Joining};
use pizza_cluster::{ClusterSettings, LocalNetwork, Membership, Pulse};
use pizza_runtime::{
    Catalog, CellParts, ManualCpu, NoArchive, Parts, Policy, SeededEntropy, Settings, Silo,
};
use pizza_store::{MemberState, MemoryStore, Store};
use pizza_types::{ActorId, SiloId};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::fixture::{Probes, actor, probe, until};

/// What the silos share.
pub(super) struct Cluster {
    pub(super) store: Arc<MemoryStore>,
    pub(super) network: LocalNetwork,
    pub(super) policy: Policy,
    pub(super) settings: ClusterSettings,
    /// Which other cells there are, and how they are reached.
    pub(super) cells: Option<CellParts>,
    /// How many actors a second leave for a silo that has joined.
    pub(super) moves_per_second: u64,
}

/// One of the silos.
pub(super) struct Member {
    pub(super) probes: Probes,
    pub(super) membership: Arc<Membership>,
    pub(super) catalog: Arc<Catalog>,
    /// How busy it says that it is.
    pub(super) cpu: Arc<ManualCpu>,
    heartbeats: JoinHandle<()>,
}

impl Cluster {
    pub(super) fn new() -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            network: LocalNetwork::default(),
            policy: Policy {
                events_gather_ms: 0,
                ..Policy::default()
            },
            settings: ClusterSettings::default(),
            cells: None,
            moves_per_second: 1_000,
        }
    }

    /// Silos of these names, each of which knows of all.
    pub(super) async fn silos<const N: usize>(&self, names: [&str; N]) -> [Member; N] {
        let mut members = Vec::new();
        for name in names {
            members.push(self.silo(name).await);
        }
        let all_known = async || members.iter().all(|member| member.knows(N));
        assert!(until(all_known).await, "all know of all");
        members.try_into().ok().expect("as many as there are names")
    }

    pub(super) async fn silo(&self, name: &str) -> Member {
        self.labelled(name, &[]).await
    }

    /// A silo that has these labels.
    pub(super) async fn labelled(&self, name: &str, labels: &[&str]) -> Member {
        let labels = labels.iter().map(|label| (*label).into()).collect();
        // Before it joins: compiling it may take longer than a silo may be silent.
        let probe = probe().await;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let joining = Joining {
            name,
            address: name,
            edges: None,
            labels: &labels,
        };
        let joined = join::join(&*self.store, &*clock, &self.settings, joining).await;
        let membership = joined.expect("a silo joins");
        let network = self.network.of(membership.me());
        let catalog = Arc::new(Catalog::default());
        catalog.set(probe, self.policy.clone());
        let seed = membership.me().generation();
        let cpu = Arc::new(ManualCpu::default());
        let silo = Silo::start(Parts {
            cells: self.cells.clone(),
            membership: Arc::clone(&membership),
            network: Arc::clone(&network),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            archive: Arc::new(NoArchive),
            catalog: Arc::clone(&catalog),
            clock: Arc::clone(&clock),
            cpu: Arc::clone(&cpu) as Arc<_>,
            entropy: Arc::new(SeededEntropy::new(seed)),
            settings: Settings {
                moves_per_second: self.moves_per_second,
                ..Settings::default()
            },
        });
        let silo = silo.await.expect("a silo starts");
        self.network.serve(membership.me(), Arc::new(silo.clone()));
        let heartbeat = Heartbeat {
            membership: Arc::clone(&membership),
            store: Arc::clone(&self.store) as Arc<_>,
            network,
            pulse: Pulse::of_this_runtime(&clock),
            clock,
            settings: self.settings,
            workers: Handle::current(),
        };
        let (store, me) = (&*self.store, membership.me());
        let live = join::mark(store, &membership, me, MemberState::Live).await;
        live.expect("a silo serves");
        Member {
            probes: Probes { silo },
            membership,
            catalog,
            cpu,
            heartbeats: tokio::spawn(heartbeat.run()),
        }
    }

    /// The silo is gone from one moment to the next: nobody hears from it again, and what it does
    /// from now on nobody sees but the store.
    pub(super) fn kill(&self, member: &Member) {
        member.heartbeats.abort();
        self.network.remove(member.me());
    }

    /// The version of an actor's record, and who owns it.
    pub(super) async fn record(&self, key: &str) -> Option<(u64, SiloId)> {
        use pizza_store::InspectionStore as _;
        let record = self.store.record(&actor(key)).await.expect("readable");
        record.map(|record| (record.version, record.owner))
    }
}

impl Member {
    pub(super) fn me(&self) -> &SiloId {
        self.membership.me()
    }

    /// Whether it knows of so many silos, and that all of them take actors.
    pub(super) fn knows(&self, count: usize) -> bool {
        let known = self.membership.known();
        known.view.members.len() == count && known.homes.silos().len() == count
    }

    /// It sends no heartbeats any more, but lives on.
    pub(super) fn stop_heartbeats(&self) {
        self.heartbeats.abort();
    }

    /// Keys of probes, `count` of them, whose home this silo is.
    pub(super) fn keys(&self, count: usize) -> Vec<String> {
        let known = self.membership.known();
        let keys = (0..).map(|number| format!("k{number}"));
        let is_home = |key: &String| {
            let id: ActorId = actor(key);
            known.homes.home(id.shard()) == Some(self.me())
        };
        keys.filter(is_home).take(count).collect()
    }
}
