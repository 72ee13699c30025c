//! The HTTP edge. It holds no state that matters: whatever it knows, an actor told it.
//!
//! In reading order:
//! - [`config`]: what an operator may set
//! - [`server`]: routes, layers, and serving until told to stop
//! - [`connections`]: how many, how slow; [`closing`](crate::closing): how they end; [`tls`]
//! - [`edge`](crate::edge): what happens to every request
//! - [`endpoint`](crate::endpoint): how an endpoint is reached, who may, what is said of it
//! - [`routes`](crate::routes): one file for each group of endpoints
//! - [`openapi`](crate::openapi): the document about them
//! - [`access`](crate::access): who asks, and whether they may: [`tokens`](crate::tokens),
//!   [`own`](crate::own), [`rights`](crate::rights), [`limit`](crate::limit), [`condition`](crate::condition)
//! - [`caller`](crate::caller): from an endpoint to an actor
//! - [`answer`](crate::answer): and back, with its
//!   [`acknowledgement`](crate::acknowledgement)
//! - [`order`](crate::order): an order as clients see it
//! - [`feed`](crate::feed): events as a stream that resumes
//! - [`track`](crate::track): those of an order, [`dashboard`](crate::dashboard): those of a
//!   restaurant
//! - [`metrics`](crate::metrics): what is counted
//! - [`problem`](crate::problem), [`refused`](crate::refused): every error, in one form
//! - [`body`](crate::body), [`parameters`](crate::parameters),
//!   [`idempotency`](crate::idempotency), [`time`](crate::time)

mod access;
mod acknowledgement;
mod answer;
mod body;
mod caller;
mod closing;
mod condition;
pub mod config;
pub mod connections;
mod dashboard;
mod edge;
mod endpoint;
mod feed;
mod idempotency;
mod limit;
mod metrics;
mod openapi;
mod order;
mod own;
mod parameters;
mod problem;
mod refused;
mod rights;
mod routes;
pub mod server;
mod time;
pub mod tls;
mod tokens;
mod track;

pub use config::{GatewayConfig, HttpsConfig, Role, Secret, TokenConfig};
pub use connections::{Door, serve as serve_router};
pub use server::{Gateway, Metrics, serve};
pub use tls::{Tls, TlsError};
