//! The HTTP edge. It holds no state that matters: whatever it knows, an actor told it.
//!
//! In reading order:
//! - [`config`]: what an operator may set
//! - [`server`]: routes, layers, and serving until told to stop
//! - [`connections`](crate::connections): how many, how slow, and how they end
//! - [`edge`](crate::edge): what happens to every request
//! - [`routes`](crate::routes): one file for each group of endpoints
//! - [`caller`](crate::caller): from an endpoint to an actor
//! - [`answer`](crate::answer): and back
//! - [`order`](crate::order): an order as clients see it
//! - [`feed`](crate::feed): events as a stream that resumes
//! - [`track`](crate::track): those of an order, [`dashboard`](crate::dashboard): those of a
//!   restaurant
//! - [`problem`](crate::problem), [`refused`](crate::refused): every error, in one form
//! - [`body`](crate::body), [`parameters`](crate::parameters),
//!   [`idempotency`](crate::idempotency), [`time`](crate::time)

mod answer;
mod body;
mod caller;
pub mod config;
mod connections;
mod dashboard;
mod edge;
mod feed;
mod idempotency;
mod order;
mod parameters;
mod problem;
mod refused;
mod routes;
pub mod server;
mod time;
mod track;

pub use config::GatewayConfig;
pub use server::{Gateway, serve};
