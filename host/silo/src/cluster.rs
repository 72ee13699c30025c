//! A silo as a member of a cluster: it joins before it starts, serves the others while it runs, and
//! leaves when it has drained.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use pizza_cluster::heartbeat::Heartbeat;
use pizza_cluster::join::{self, Joining};
use pizza_cluster::transport::{self, Dial, Links, Server, TcpDial, Tls, TlsDial, Warnings};
use pizza_cluster::{ClusterSettings, Membership, Network, Service};
use pizza_edge::accept::accept;
use pizza_runtime::Clock;
use pizza_store::{MemberState, MembershipStore};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::back_end::Shared;
use crate::cluster_config::ClusterConfig;
use crate::cluster_tls::{self, ClusterTlsError};

/// What a silo is told that the others have given up.
const TAKEN_FOR_DEAD: &str = "the other silos have heard nothing of this one for so long that they have \
     taken it for dead; it starts again as another";

#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("cannot listen for other silos at {at}")]
    Listen { at: SocketAddr, source: io::Error },
    #[error(transparent)]
    Tls(#[from] ClusterTlsError),
    #[error("cannot join the cluster")]
    Join(#[from] join::Error),
}

/// A silo that has joined and does not serve yet.
pub(crate) struct Joined {
    pub(crate) membership: Arc<Membership>,
    pub(crate) network: Arc<dyn Network>,
    listener: TcpListener,
    tls: Option<Tls>,
    shared: Shared,
    clock: Arc<dyn Clock>,
}

/// A silo that serves.
pub(crate) struct Member {
    membership: Arc<Membership>,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// # Errors
/// When the address is taken, the files of TLS do not work, or the store cannot be asked.
pub(crate) async fn join_at(
    config: &ClusterConfig,
    shared: Shared,
    clock: &Arc<dyn Clock>,
) -> Result<Joined, JoinError> {
    let at = config.listen;
    let listen = |source| JoinError::Listen { at, source };
    let tls = config.tls.as_ref().map(cluster_tls::read).transpose()?;
    config.warn_of_exposure();
    // Bound before anybody is told the address.
    let listener = TcpListener::bind(at).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?.to_string();
    let address = config.address.clone().unwrap_or(bound);
    let settings = ClusterSettings::default();
    let joining = Joining {
        name: &config.name,
        address: &address,
        edges: config.edges.as_deref(),
    };
    let joined = join::join(&*shared.membership, &**clock, &settings, joining);
    let membership = joined.await?;
    let dial: Arc<dyn Dial> = match tls.clone() {
        Some(tls) => Arc::new(TlsDial { tls, over: TcpDial }),
        None => Arc::new(TcpDial),
    };
    let network = Links::new(
        Arc::clone(&membership),
        dial,
        Arc::clone(clock),
        transport::Settings::default(),
    );
    Ok(Joined {
        membership,
        network,
        listener,
        tls,
        shared,
        clock: Arc::clone(clock),
    })
}

impl Joined {
    pub(crate) fn serve(self, service: Arc<dyn Service>) -> Member {
        let mut tasks = JoinSet::new();
        let shared = Arc::new(self.shared);
        let heartbeat = Heartbeat {
            membership: Arc::clone(&self.membership),
            store: Arc::clone(&shared.membership),
            network: self.network,
            clock: Arc::clone(&self.clock),
            settings: ClusterSettings::default(),
        };
        let of_heartbeat = Arc::clone(&shared);
        tasks.spawn(async move {
            heartbeat.run().await;
            (of_heartbeat.stop)(TAKEN_FOR_DEAD);
        });
        let server = Server::new(
            self.membership.me().clone(),
            service,
            Arc::clone(&self.clock),
            transport::Settings::default(),
            self.tls,
        );
        tasks.spawn(serve(self.listener, Arc::new(server), self.clock));
        Member {
            membership: self.membership,
            shared,
            tasks,
        }
    }
}

impl Member {
    /// Where the view is.
    pub(crate) fn store(&self) -> Arc<dyn MembershipStore> {
        Arc::clone(&self.shared.membership)
    }

    /// Is given no more actors.
    pub(crate) async fn cordon(&self) {
        if let Err(error) = self.mark_leaving().await {
            tracing::warn!(%error, "the other silos could not be told that this one is about to go");
        }
    }

    async fn mark_leaving(&self) -> Result<(), join::Error> {
        let (store, me) = (&*self.shared.membership, &self.membership);
        join::mark(store, me, me.me(), MemberState::Leaving).await
    }

    /// The silo has drained: whoever wants its actors may have them.
    pub(crate) async fn leave(mut self) {
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
