//! A silo as a member of a cluster: it joins before it starts, serves the others while it runs, and
//! leaves when it has drained.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use pizza_cluster::heartbeat::{self, Heartbeat};
use pizza_cluster::join::{self, Joining};
use pizza_cluster::transport::{
    self, Asking, CellLinks, Dial, Links, NotAdmitted, Server, TcpDial, Tls, TlsDial, Versions,
    Warnings,
};
use pizza_cluster::{ClusterSettings, Membership, Network, OwnThread, Pulse, Service};
use pizza_edge::accept::accept;
use pizza_runtime::{CellParts, Clock};
use pizza_store::{MemberState, MembershipStore};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::back_end::Shared;
use crate::cell_config::{CellConfig, CellError};
use crate::cluster_config::ClusterConfig;
use crate::cluster_tls::{self, ClusterTlsError};

/// What a silo is told that the others have given up.
const TAKEN_FOR_DEAD: &str = "the other silos have heard nothing of this one for so long that they have \
     taken it for dead; it starts again as another";

/// What a process ends with that may not use its store any more: `EX_IOERR` of sysexits.h.
pub const STORE_STOPPED: u8 = 74;

/// How long a silo waits until it knows how far its date is off, which comes with the first heartbeat, and how often it
/// looks, in milliseconds.
const MEASURED_WITHIN_MS: u64 = 1_000;
const MEASURE_LOOK_MS: u64 = 5;

#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("cannot listen for other silos at {at}")]
    Listen { at: SocketAddr, source: io::Error },
    #[error(transparent)]
    Tls(#[from] ClusterTlsError),
    #[error(
        "[silo.cluster] protocol = {asked}: this program speaks versions {spoken} of the protocol between silos"
    )]
    Protocol { asked: u16, spoken: Versions },
    #[error(transparent)]
    Cells(#[from] CellError),
    #[error("cannot join the cluster")]
    NotAdmitted(#[from] NotAdmitted),
    #[error("cannot join the cluster")]
    Join(#[from] join::Error),
    #[error("no heartbeats can be sent")]
    Heartbeats(#[source] io::Error),
}

/// A silo that has joined and does not serve yet. It sends heartbeats, and is given no actors.
pub(crate) struct Joined {
    pub(crate) membership: Arc<Membership>,
    pub(crate) network: Arc<dyn Network>,
    /// The other cells, where there are any.
    pub(crate) cells: Option<CellParts>,
    name: String,
    address: String,
    listener: TcpListener,
    transport: transport::Settings,
    tls: Option<Tls>,
    shared: Arc<Shared>,
    heartbeats: JoinSet<()>,
    clock: Arc<dyn Clock>,
}

/// A silo that serves.
pub(crate) struct Member {
    membership: Arc<Membership>,
    shared: Arc<Shared>,
    heartbeats: JoinSet<()>,
    tasks: JoinSet<()>,
}

/// # Errors
/// When the address is taken, the files of TLS do not work, the protocol is none, or the store cannot be asked.
pub(crate) async fn join_at(
    config: &ClusterConfig,
    shared: Shared,
    clock: &Arc<dyn Clock>,
) -> Result<Joined, JoinError> {
    let at = config.listen;
    let listen = |source| JoinError::Listen { at, source };
    let tls = config.tls.as_ref().map(cluster_tls::read).transpose()?;
    let transport = transport(config.protocol)?;
    let names = config.cell.as_ref().map(CellConfig::names).transpose()?;
    config.warn_of_exposure();
    // Bound before anybody is told the address.
    let listener = TcpListener::bind(at).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?.to_string();
    let address = config.address.clone().unwrap_or(bound);
    let settings = ClusterSettings::default();
    let labels = config.labels.iter().map(|label| label.0.clone()).collect();
    let joining = Joining {
        name: &config.name,
        address: &address,
        edges: config.edges.as_deref(),
        labels: &labels,
    };
    let dial = dial(tls.as_ref());
    let asking = Asking {
        store: &*shared.membership,
        dial: &dial,
        clock,
        settings: transport,
        cluster: settings,
        name: &config.name,
        address: &address,
        before: 0,
    };
    transport::admission::ask(asking).await?;
    let joined = join::join(&*shared.membership, &**clock, &settings, joining);
    let membership = joined.await?;
    let network = Links::new(
        Arc::clone(&membership),
        Arc::clone(&dial),
        Arc::clone(clock),
        transport,
    );
    let cells = names.zip(config.cell.as_ref());
    let cells = cells.map(|(names, cell)| CellParts {
        names,
        network: CellLinks::new(
            membership.me().clone(),
            cell.others.clone(),
            dial,
            Arc::clone(clock),
            transport,
        ),
        store: Arc::clone(&shared.cells),
        parked_max: cell.parked_max,
    });
    let shared = Arc::new(shared);
    // From now on: what is to be done before it serves may take longer than a silo may be silent.
    let heartbeats = send_heartbeats(&membership, Arc::clone(&network) as _, clock, &shared)?;
    clock_is_measured(&membership, &**clock).await;
    Ok(Joined {
        name: config.name.clone(),
        address,
        heartbeats,
        membership,
        network,
        cells,
        listener,
        transport,
        tls,
        shared,
        clock: Arc::clone(clock),
    })
}

/// How other silos are reached.
fn dial(tls: Option<&Tls>) -> Arc<dyn Dial> {
    match tls.cloned() {
        Some(tls) => Arc::new(TlsDial { tls, over: TcpDial }),
        None => Arc::new(TcpDial),
    }
}

/// Returns when it is known how far this silo's date is from the store's: what is due goes by the right one.
async fn clock_is_measured(membership: &Membership, clock: &dyn Clock) {
    let until_ms = clock.now_ms().saturating_add(MEASURED_WITHIN_MS);
    while membership.clock_offset().ahead_ms().is_none() && clock.now_ms() < until_ms {
        clock.sleep_until(clock.now_ms() + MEASURE_LOOK_MS).await;
    }
}

/// Sends heartbeats; a silo that was taken for dead stops using the store.
fn send_heartbeats(
    membership: &Arc<Membership>,
    network: Arc<dyn Network>,
    clock: &Arc<dyn Clock>,
    shared: &Arc<Shared>,
) -> Result<JoinSet<()>, JoinError> {
    let heartbeat = Heartbeat {
        membership: Arc::clone(membership),
        store: Arc::clone(&shared.heartbeats),
        network,
        clock: Arc::clone(clock),
        settings: ClusterSettings::default(),
        pulse: Pulse::of_this_runtime(clock),
        workers: Handle::current(),
    };
    // Nothing is tidied up: whatever would do it hangs.
    let last_resort = || std::process::exit(i32::from(STORE_STOPPED));
    let mut thread = OwnThread::begin(heartbeat, last_resort).map_err(JoinError::Heartbeats)?;
    let (mut task, shared) = (JoinSet::new(), Arc::clone(shared));
    task.spawn(async move {
        thread.ended().await;
        (shared.stop)(TAKEN_FOR_DEAD);
    });
    Ok(task)
}

/// What a silo says of itself to others.
fn transport(newest: Option<u16>) -> Result<transport::Settings, JoinError> {
    let mut settings = transport::Settings::default();
    if let Some(asked) = newest {
        let versions = settings.versions.up_to(asked);
        settings.versions = versions.map_err(|spoken| JoinError::Protocol { asked, spoken })?;
    }
    Ok(settings)
}

impl Joined {
    /// Serves the others, and is given actors from then on.
    ///
    /// # Errors
    /// When the store cannot be told, or those who are there do not take it for a silo: then it is no member
    /// any more.
    pub(crate) async fn serve(self, service: Arc<dyn Service>) -> Result<Member, JoinError> {
        let mut tasks = JoinSet::new();
        let dial = dial(self.tls.as_ref());
        let server = Server::new(
            self.membership.me().clone(),
            service,
            Arc::clone(&self.clock),
            self.transport,
            self.tls,
        );
        let server = match &self.cells {
            Some(cells) => server.of_cell(&cells.names.mine),
            None => server,
        };
        let clock = Arc::clone(&self.clock);
        tasks.spawn(serve(self.listener, Arc::new(server), clock));
        let member = Member {
            membership: self.membership,
            shared: self.shared,
            heartbeats: self.heartbeats,
            tasks,
        };
        let asking = Asking {
            store: &*member.shared.membership,
            dial: &dial,
            clock: &self.clock,
            settings: self.transport,
            cluster: ClusterSettings::default(),
            name: &self.name,
            address: &self.address,
            before: member.membership.me().generation(),
        };
        // Once more: whoever started at the same time did not serve when it was asked for the first time.
        if let Err(refused) = transport::admission::ask(asking).await {
            member.leave().await;
            return Err(refused.into());
        }
        member.mark(MemberState::Live).await?;
        let known = heartbeat::tell_others(Arc::clone(&member.membership), self.network);
        tokio::spawn(known);
        Ok(member)
    }
}

impl Member {
    /// Where the view is.
    pub(crate) fn store(&self) -> Arc<dyn MembershipStore> {
        Arc::clone(&self.shared.membership)
    }

    /// Is given no more actors.
    pub(crate) async fn cordon(&self) {
        if let Err(error) = self.mark(MemberState::Leaving).await {
            tracing::warn!(%error, "the other silos could not be told that this one is about to go");
        }
    }

    async fn mark(&self, state: MemberState) -> Result<(), join::Error> {
        let (store, me) = (&*self.shared.membership, &self.membership);
        join::mark(store, me, me.me(), state).await
    }

    /// The silo has drained: whoever wants its actors may have them.
    pub(crate) async fn leave(mut self) {
        // First: to find itself missing in the view is not to be taken for dead.
        self.heartbeats.shutdown().await;
        if let Err(error) = join::leave(&*self.shared.membership, &self.membership).await {
            tracing::warn!(%error, "the other silos could not be told that this one has left");
        }
        self.tasks.shutdown().await;
    }
}

async fn serve(listener: TcpListener, server: Arc<Server>, clock: Arc<dyn Clock>) {
    let warnings = Warnings::default();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                let Ok((from, Err(error))) = ended else { continue };
                if transport::Error::is_to_be_mended(&error) && warnings.is_due(clock.now_ms()) {
                    tracing::warn!(%from, %error, "a silo's connection was refused");
                } else {
                    tracing::debug!(%from, %error, "a silo's connection has ended");
                }
            }
            (stream, from) = accept(&listener) => {
                let server = Arc::clone(&server);
                connections.spawn(async move { (from, server.serve(Box::new(stream)).await) });
            }
        }
    }
}
