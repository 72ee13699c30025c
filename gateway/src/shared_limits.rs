//! Limits that hold for a client over all gateways: each tells what its clients used, hears what those
//! of the others did, and takes that off its own buckets.
//!
//! What a client gets of `G` gateways within `W` seconds is at most
//! `burst + rate × W + (G - 1) × (burst + rate × D)`, where `D` is how long a gateway may not know what
//! another one let in: two periods, and the time of two questions. For at the last request that is
//! let in, its gateway has taken off everything of its own, and of the others what is older than `D`; within
//! `D` each of the others lets in no more than its own bucket gives.

use std::sync::Arc;
use std::time::Duration;

use pizza_client::client_use::UseReport;
use pizza_client::{Remote, Transport as _};

use crate::app::App;
use crate::metrics;

/// How often the others are told.
const PERIOD: Duration = Duration::from_millis(100);
/// How often a gateway that is alone asks whether it still is.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A gateway's limits, to be shared with other gateways.
pub struct SharedLimits(App);

impl SharedLimits {
    pub(crate) fn of(app: App) -> Self {
        Self(app)
    }

    /// Shares them by way of these silos until the gateway stops. While none of them answers each gateway
    /// goes on with what it knows, and its clients have its own limits.
    pub async fn keep(self, silos: Arc<Remote>) {
        let app = self.0;
        let limits = app.limits();
        if !limits.is_any() || !app.config().rate_shared {
            return;
        }
        let gateway = silos.fresh_id();
        let mut is_told = true;
        loop {
            let pause = if limits.is_shared() {
                PERIOD
            } else {
                LOOK_EVERY
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = app.closed() => return,
            }
            let uses = limits.take_untold();
            let shared = silos.share_use(UseReport { gateway, uses }).await;
            let was_told = std::mem::replace(&mut is_told, shared.is_ok());
            match shared {
                Ok(others) => {
                    limits.charge(&others.uses);
                    limits.share(others.gateways > 0);
                    metrics::limits_shared_with(others.gateways);
                    if !was_told {
                        tracing::info!("limits hold over all gateways again");
                    }
                }
                Err(error) => {
                    metrics::limits_shared_with(0);
                    if let Some(report) = &error.report {
                        limits.is_untold(&report.uses);
                    }
                    // Once, not ten times a second.
                    if was_told {
                        tracing::warn!(%error, "limits hold for this gateway alone");
                    }
                }
            }
        }
    }
}
