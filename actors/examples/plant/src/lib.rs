//! A plant, of which each page of `docs/guide` shows a part.
//!
//! - [`water`](crate::water): what it keeps, how it declines, whom it asks
//! - [`layout`](crate::layout): states of an older layout
//! - [`notes`](crate::notes): a table beside the state
//! - [`light`](crate::light): a timer
//! - [`regular`](crate::regular): a reminder
//! - [`friends`](crate::friends): a stream
//! - [`advice`](crate::advice): a plugin

use serde::{Deserialize, Serialize};

mod advice;
mod friends;
mod layout;
mod light;
mod notes;
mod regular;
mod water;

silo_sdk::actor! { state: Plant, wit: ["wit", "contract", "../../../wit/silo"] }
silo_sdk::manifest!({
    "calls": ["plant.*"],
    "publishes": ["plant-news"],
    "timers": true,
    "reminders": true,
    "plugins": true,
    "limits": {"cpuMs": 20}
});

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 2, migrate = Plant::from_older, activate = Plant::wake)]
pub struct Plant {
    /// In millilitres.
    water_ml: u32,
    neighbour: Option<String>,
    lit_until_ms: Option<u64>,
    /// By each watering of the schedule.
    dose_ml: u32,
    heard: Vec<String>,
    /// Came later: states without it are read as if there were no notes.
    #[serde(default)]
    notes: u32,
}
