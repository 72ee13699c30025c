//! Watering by a schedule, which no outage ends.

use std::time::Duration;

use silo_sdk::reminders::{self, Missed};

use crate::Plant;
use crate::bindings::{reminder_events, schedule};

const WATER: &str = "water";

#[silo_sdk::commands]
impl schedule::Guest for Plant {
    fn water_every(&mut self, seconds: u32, ml: u32) {
        self.dose_ml = ml;
        let period = Duration::from_secs(u64::from(seconds));
        reminders::set_periodic(WATER, period, period, Missed::Last);
    }

    fn stop_watering(&mut self) {
        reminders::cancel(WATER);
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Plant {
    fn on_reminder(&mut self, name: String, _due: u64, missed: u32) {
        if name == WATER {
            // One firing for all that an outage has skipped, and this one.
            let doses = missed.saturating_add(1);
            let ml = self.dose_ml.saturating_mul(doses);
            self.water_ml = self.water_ml.saturating_add(ml);
        }
    }
}

#[cfg(test)]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;

    #[test]
    fn what_an_outage_has_skipped_is_made_up_for() {
        let host = Host::new("plant", "cactus");
        let mut cactus = Plant::default();
        cactus.water_every(86_400, 5);
        assert_eq!(host.advance(Duration::from_secs(86_400)).len(), 1);
        cactus.on_reminder(WATER.into(), 0, 0);
        cactus.on_reminder(WATER.into(), 0, 2);
        assert_eq!(cactus.water_ml, 20);
        cactus.stop_watering();
        assert!(host.reminders().is_empty());
    }
}
