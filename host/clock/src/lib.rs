//! Time comes through a trait, so that a test or a simulation can own it.
//!
//! - [`clock`]: the trait, the machine's clocks, and one that is moved by hand

pub mod clock;

pub use clock::{Clock, ManualClock, Moment, SystemClock};
