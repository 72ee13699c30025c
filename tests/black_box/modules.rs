//! Modules in a running pizzeria, through its front doors: swapped, tried on a part of the
//! keys, taken back, refused.

mod canary;
pub(crate) mod fixture;
mod kept;
mod layouts;
mod refused;
mod signed;
mod swaps;
mod watch;
mod withdrawn;
