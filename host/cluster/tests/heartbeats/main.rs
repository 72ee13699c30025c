//! Silos that send heartbeats to a store in memory: what keeps one a member, and what does not.

mod fixture;
mod joining;
mod offset;
mod workers;
