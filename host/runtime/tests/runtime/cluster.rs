//! Silos that share a store and reach each other: whom one asks does not matter, and the death of one
//! costs a second and nothing else. Time is the machine's, for leases and heartbeats race with work.

mod away;
mod fixture;
mod guardians;
mod moves;
mod reaching;
