//! Scenes from a pizzeria's life. They know it only by its public doors, tolerate that it
//! dies in the middle and comes back, and check in the end what it has promised.
//!
//! - `stage`: a town of their own is set up, and what came of the scene is checked
//! - `town`: its restaurants and what its people order
//! - `board`: which orders have ended, as the dashboards tell
//! - `read_back`, `stock`: the checks
//! - `report`: what is shown of it

pub(crate) mod board;
mod read_back;
pub(crate) mod report;
pub(crate) mod stage;
mod stock;
pub(crate) mod town;
