//! Scenes from a pizzeria's life. They know it only by its public doors, tolerate that it
//! dies in the middle and comes back, and check in the end what it has promised.
//!
//! - `stage`: a town of their own is set up, and what came of the scene is checked
//! - `town`: its restaurants and what its people order
//! - `riders`, `rider`: its drivers, each at work on a connection of their own
//! - `board`: which orders have ended, as the dashboards tell
//! - `read_back`, `stock`: the checks
//! - `report`: what is shown of it

pub(crate) mod board;
mod read_back;
mod report;
mod rider;
mod riders;
pub(crate) mod stage;
mod stock;
pub(crate) mod town;
