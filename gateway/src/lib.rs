//! The HTTP edge. It holds no state that matters: whatever it knows, it has from an actor.
//!
//! In reading order:
//! - [`config`]: what an operator may set
//! - [`server`]: routes, layers, and serving until told to stop; [`app`](crate::app): what
//!   every handler may use
//! - [`cors`](crate::cors): which web pages elsewhere may ask; [`tls`]
//! - [`edge`](crate::edge): what happens to every request
//! - [`endpoint`](crate::endpoint): how an endpoint is reached, who may, what is said of it
//! - [`routes`](crate::routes): one file for each group of endpoints
//! - [`pages`]: those of the user interface, which are no part of the API
//! - [`parameters`](crate::parameters): what stands in their paths and queries
//! - [`schema`](crate::schema): what they take and give, by the actors' contracts;
//!   [`openapi`](crate::openapi): the document about them
//! - [`access`](crate::access): the check in front of every handler, which asks
//!   [`authentication`](crate::authentication) who somebody is,
//!   [`limit`](crate::limit) how often they may ask, [`ownership`](crate::ownership) and
//!   [`known_restaurants`](crate::known_restaurants) what is theirs, and
//!   [`condition`](crate::condition) which version they mean
//! - [`authentication`](crate::authentication): an [`identity`](crate::identity) by one of the
//!   [`tokens`](crate::tokens), a [`session`](crate::session) or an order's
//!   [`order_link`](crate::order_link); [`cookie`](crate::cookie): how pages show the latter two,
//!   [`keys`](crate::keys): by which gateways know them again
//! - [`shared_limits`](crate::shared_limits): limits that hold over all gateways
//! - [`caller`](crate::caller): from an endpoint to an actor
//! - [`answer`](crate::answer): and back, with its
//!   [`acknowledgement`](crate::acknowledgement)
//! - [`coding`](crate::coding): answers that are packed
//! - [`order`](crate::order): an order as clients see it
//! - [`feed`](crate::feed): the events of an actor's stream, from a position on
//! - [`event_stream`](crate::event_stream): events as an answer, which ends with the client's
//!   [`stream_rights`](crate::stream_rights); [`follow`](crate::follow): the two for the streams of a
//!   restaurant and of its kitchen
//! - [`track`](crate::track): the events of an order, [`dashboard`](crate::dashboard): those of
//!   a restaurant, and what its manager sees by a [`look`](crate::look), of which the last is
//!   [`seen`](crate::seen) by others too
//! - [`view`](crate::view): what actors tell, as clients see it
//! - [`mqtt`](crate::mqtt): who serves MQTT to those who come by WebSocket, which
//!   [`byte_stream`](crate::byte_stream) makes a stream of bytes
//! - [`operate`](crate::operate): what is for operators, passed on to the silos
//! - [`simulation`](crate::simulation): people whom the process around a gateway simulates
//! - [`metrics`](crate::metrics): what is counted
//! - [`problem`](crate::problem), [`refused`](crate::refused): every error, in one form
//! - [`body`](crate::body), [`idempotency`](crate::idempotency), [`time`](crate::time): what a request carries

mod access;
mod acknowledgement;
mod answer;
mod app;
mod authentication;
mod body;
mod byte_stream;
mod caller;
mod coding;
mod condition;
pub mod config;
mod cookie;
mod cors;
mod dashboard;
mod edge;
mod endpoint;
mod event_stream;
mod feed;
mod follow;
mod idempotency;
mod identity;
mod keys;
mod known_restaurants;
mod limit;
mod look;
mod metrics;
mod mqtt;
mod openapi;
mod operate;
mod order;
mod order_link;
mod ownership;
pub mod pages;
mod parameters;
mod problem;
mod refused;
mod routes;
mod schema;
mod seen;
pub mod server;
mod session;
mod shared_limits;
mod simulation;
mod stream_rights;
mod time;
pub mod tls;
mod tokens;
mod track;
mod view;

pub use app::{Metrics, Provided};
pub use byte_stream::ByteStream;
pub use config::{GatewayConfig, HttpsConfig, TokenConfig};
pub use identity::{Holder, Role};
pub use mqtt::{Mqtt, Opener, ServeMqtt};
pub use pages::{PageContent, PageFile, Pages};
pub use pizza_edge::Secret;
pub use pizza_http::{HostName, Listener, Origin};
pub use server::{Gateway, serve};
pub use shared_limits::SharedLimits;
pub use simulation::{Simulated, Simulation, SimulationRequest, Switched};
pub use tls::{Tls, TlsError};
pub use tokens::Tokens;
