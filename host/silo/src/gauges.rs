//! How things stand in the silo, for whoever reads this process's metrics.

use metrics::{describe_gauge, gauge};
use pizza_runtime::{BreakerState, Silo};

#[derive(Clone)]
pub struct Gauges(pub(crate) Silo);

impl Gauges {
    pub(crate) fn of(silo: Silo) -> Self {
        describe_gauge!("pizza_actors_in_memory", "Actors that are active");
        describe_gauge!("pizza_actors_at_work", "Actors with a turn in progress");
        describe_gauge!("pizza_outbox_pending", "One-way messages on their way");
        describe_gauge!("pizza_reminders_soon", "Reminders that are due soon");
        describe_gauge!(
            "pizza_breaker_open",
            "1 while turns of the type are not begun"
        );
        Self(silo)
    }

    /// Sets them all to what holds now.
    pub fn set(&self) {
        let stats = self.0.stats();
        let set = |name: &'static str, value: usize| {
            gauge!(name).set(f64::from(u32::try_from(value).unwrap_or(u32::MAX)));
        };
        set("pizza_actors_in_memory", stats.actors_in_memory);
        set("pizza_actors_at_work", stats.actors_at_work);
        set("pizza_outbox_pending", stats.outbox_pending);
        set("pizza_reminders_soon", stats.reminders_soon);
        for (actor_type, state) in self.0.breakers() {
            let is_open = !matches!(state, BreakerState::Closed { .. });
            let open = f64::from(u8::from(is_open));
            gauge!("pizza_breaker_open", "type" => actor_type.to_string()).set(open);
        }
    }
}
