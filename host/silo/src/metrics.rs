//! How things stand in the silo, in numbers, for the metrics of its process.

use std::sync::Arc;
use std::time::Duration;

use metrics::{describe_gauge, gauge};
use pizza_runtime::{BreakerState, ClusterView, Silo};
use pizza_store::Store;

#[derive(Clone)]
pub struct SiloMetrics {
    silo: Silo,
    store: Arc<dyn Store>,
}

impl SiloMetrics {
    pub(crate) fn of(silo: Silo, store: Arc<dyn Store>) -> Self {
        describe_gauge!("pizza_actors_in_memory", "Actors that are active");
        describe_gauge!("pizza_actors_at_work", "Actors with a turn in progress");
        describe_gauge!("pizza_outbox_pending", "One-way messages on their way");
        describe_gauge!("pizza_reminders_soon", "Reminders that are due soon");
        describe_gauge!("pizza_cluster_members", "Silos that may be alive");
        describe_gauge!("pizza_cluster_view_version", "The newest view known of");
        describe_gauge!(
            "pizza_cluster_shards_guarded",
            "Shards guarded by this silo"
        );
        describe_gauge!(
            "pizza_cluster_lease_left_seconds",
            "How much longer this silo may answer from memory"
        );
        describe_gauge!(
            "pizza_cluster_clock_offset_seconds",
            "How far this silo's date is ahead of that of the store; below 0 where it is behind"
        );
        describe_gauge!(
            "pizza_cluster_relay_lag_seconds",
            "How long ago the oldest turn began of which something waits in a log guarded by this silo"
        );
        describe_gauge!(
            "pizza_cluster_guardian_lag_seconds",
            "How long ago this silo last looked at all shards that it guards"
        );
        describe_gauge!("pizza_cell_reachable", "1 while the other cell answers");
        describe_gauge!(
            "pizza_cell_parked",
            "Messages, and entries with events, that wait for the other cell"
        );
        describe_gauge!(
            "pizza_breaker_open",
            "1 while turns of the type are not begun"
        );
        describe_gauge!(
            "pizza_store_stopped",
            "1 when the store has stopped, and the process is about to end"
        );
        describe_gauge!(
            "pizza_store_full",
            "1 while the store has no room and refuses what needs some"
        );
        Self { silo, store }
    }

    /// Sets all gauges to what holds now.
    pub fn set(&self) {
        let stats = self.silo.stats();
        let set = |name: &'static str, value: usize| {
            gauge!(name).set(f64::from(u32::try_from(value).unwrap_or(u32::MAX)));
        };
        set("pizza_actors_in_memory", stats.actors_in_memory);
        set("pizza_actors_at_work", stats.actors_at_work);
        set("pizza_outbox_pending", stats.outbox_pending);
        set("pizza_reminders_soon", stats.reminders_soon);
        // Seen for `stopped_grace_ms` only, after which the process ends.
        let stopped = self.store.stop_reason().is_some();
        set("pizza_store_stopped", usize::from(stopped));
        let full = self.store.full_reason().is_some();
        set("pizza_store_full", usize::from(full));
        if let Some(cluster) = self.silo.cluster() {
            set_cluster(&cluster);
        }
        for cell in self.silo.cells() {
            let name = || cell.name.to_string();
            let reachable = f64::from(u8::from(!cell.is_away));
            gauge!("pizza_cell_reachable", "cell" => name()).set(reachable);
            let parked = f64::from(u32::try_from(cell.parked).unwrap_or(u32::MAX));
            gauge!("pizza_cell_parked", "cell" => name()).set(parked);
        }
        for (actor_type, state) in self.silo.breakers() {
            let is_open = !matches!(state, BreakerState::Closed { .. });
            let open = f64::from(u8::from(is_open));
            gauge!("pizza_breaker_open", "type" => actor_type.to_string()).set(open);
        }
    }
}

fn set_cluster(cluster: &ClusterView) {
    let number = |value: u64| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    let members = cluster.members.len() as u64;
    gauge!("pizza_cluster_members").set(number(members));
    gauge!("pizza_cluster_view_version").set(number(cluster.version));
    let mut mine = cluster.members.iter().filter(|m| m.silo == cluster.silo);
    let shards = mine.next().map_or(0, |member| member.shards as u64);
    gauge!("pizza_cluster_shards_guarded").set(number(shards));
    let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
    gauge!("pizza_cluster_lease_left_seconds").set(seconds(cluster.lease_left_ms));
    gauge!("pizza_cluster_relay_lag_seconds").set(seconds(cluster.relay_lag_ms));
    gauge!("pizza_cluster_guardian_lag_seconds").set(seconds(cluster.guardian_lag_ms));
    if let Some(ahead_ms) = cluster.clock_ahead_ms {
        let ahead = seconds(ahead_ms.unsigned_abs());
        let offset = if ahead_ms < 0 { -ahead } else { ahead };
        gauge!("pizza_cluster_clock_offset_seconds").set(offset);
    }
}
