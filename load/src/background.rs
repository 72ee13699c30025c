//! A small simulation in the pizzeria's own process, through its public doors like any other.
//!
//! - `config`: what it is told
//! - `switch`: it is switched on and off while the process runs
//! - `running`: while it is on; `over`: how it ends
//! - `plan`: who is at work meanwhile, `staff` among them

mod config;
mod over;
mod plan;
mod running;
mod staff;
mod switch;

pub use config::{BackgroundConfig, Target};
pub use switch::{Course, State, Switch};
