//! The HTTP edge. It holds no state that matters: whatever it knows, an actor told it.
//!
//! In reading order:
//! - [`config`]: what an operator may set
//! - [`server`]: routes, layers, and serving until told to stop
//! - [`routes`](crate::routes): one file for each group of endpoints
//! - [`order`](crate::order): an order as clients see it
//! - [`ask`](crate::ask): from an endpoint to an actor and back
//! - [`problem`]: every error, in one form (RFC 9457)
//! - [`body`](crate::body), [`idempotency`](crate::idempotency),
//!   [`request_id`](crate::request_id), [`time`](crate::time)

mod ask;
mod body;
pub mod config;
mod idempotency;
mod order;
pub mod problem;
mod request_id;
mod routes;
pub mod server;
mod time;

pub use config::GatewayConfig;
pub use server::{Gateway, serve};
