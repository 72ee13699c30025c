//! Time comes through a trait, so that a test or a simulation can own it.
//!
//! - [`clock`]: the trait, the machine's clocks, and one that is moved by hand
//! - [`cpu`]: how busy the process is, in the same way

pub mod clock;
pub mod cpu;

pub use clock::{Clock, ManualClock, Moment, SystemClock};
pub use cpu::{Cpu, ManualCpu, ProcessCpu};
