//! Limits that hold over the gateways of all silos, for a gateway in the process of its silo.

use std::time::Duration;

use pizza_client::{Remote, RemoteError};
use pizza_gateway::Gateway;
use pizza_silo::Token;

use crate::config::Config;

/// How long to wait before the silo is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// The silo's own address for edges, by which it names the others, and what they take of edges; `None` for a
/// silo that is alone.
pub(crate) struct LimitSharing(Option<(String, Token)>);

impl LimitSharing {
    pub(crate) fn of(config: &Config, token: &Token) -> Self {
        let cluster = config.silo.cluster.as_ref();
        let edges = cluster.and_then(|cluster| cluster.edges.clone());
        Self(edges.map(|edges| (edges, token.clone())))
    }

    /// Begins in the background: a silo that does not answer yet holds up nobody.
    pub(crate) fn begin(self, gateway: &Gateway) {
        let Some((edges, token)) = self.0 else {
            return;
        };
        let limits = gateway.shared_limits();
        tokio::spawn(async move {
            let silos = loop {
                match Remote::connect(std::slice::from_ref(&edges), token.expose()).await {
                    Ok(silos) => break silos,
                    Err(RemoteError::Silo { refused: false, .. }) => {
                        tokio::time::sleep(AGAIN).await;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "limits hold for this gateway alone");
                        return;
                    }
                }
            };
            limits.keep(silos).await;
        });
    }
}
