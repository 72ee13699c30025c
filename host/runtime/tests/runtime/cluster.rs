//! Silos that share a store and reach each other: whom one asks does not matter, and the death of one
//! costs a second and nothing else. Time is the machine's, for leases and heartbeats race with work.

mod away;
mod cells;
mod fixture;
mod guardians;
mod least_loaded;
mod moves;
mod placement;
mod reaching;
mod stateless;
