//! What commands need that speak to a running silo, whatever they do there. No silo is
//! linked in: all of it goes over HTTP.
//!
//! - [`connection`]: one HTTP connection that is kept
//! - [`admin`]: the admin API on such a connection
//! - [`address`]: addresses as people write them
//! - [`modules`]: modules are pushed and activated over it
//! - [`table`]: answers as tables for people, or as JSON for programs

pub mod address;
pub mod admin;
pub mod connection;
pub mod modules;
pub mod table;
