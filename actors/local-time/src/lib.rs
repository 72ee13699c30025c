//! Days and hours by the clock on the wall, for actors.
//!
//! - [`zone`]: a time zone by its name, from the database that is compiled in
//! - [`clock`]: what an actor keeps of a zone, so that hardly any turn asks the database

pub mod clock;
pub mod zone;

pub use clock::WallClock;
pub use zone::{Day, Stretch, UnknownZone, Zone};
