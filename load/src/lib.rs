//! What puts load on a pizzeria and plays scenes of its life. All of it knows the pizzeria by
//! its public doors only: HTTP, server-sent events, MQTT and the admin API. The command line
//! of the `pizza` program takes its verbs `bench`, `demo` and `simulate` from here, and the
//! words by which it speaks of pizza.
//!
//! How one speaks to a pizzeria:
//!
//! - `target`: which one, and with which token
//! - `retrying_client`: HTTP, asked again until there is an answer
//! - `lean_connection`: HTTP for load, which costs as little as it can
//! - `sse`: event streams, followed across broken connections
//! - `broker`, `mqtt_connection`: which MQTT broker, and a connection that is found again
//! - `phone`: what a driver's phone reports, over HTTP or MQTT
//! - `latency`: how long it all takes
//! - `progress`: how far it is
//! - `process`: what a process of this machine uses
//!
//! What is said:
//!
//! - `menu`: what the demo's restaurants sell
//! - `restaurant_setup`: restaurants, set up through the public doors
//! - `place_orders`: orders, placed by several customers at once
//! - `first_data`: what a new data directory begins with
//!
//! Who says it:
//!
//! - `bench`: `pizza bench`, load that is measured
//! - `simulate`: `pizza simulate`, drivers and customers of a city
//! - `demo`: `pizza demo`, scenes with a check in the end
//! - `background`: a small simulation within the server's own process
//!
//! And for the program: `pace`, arguments of the server; `texts`, its words.

mod bench;
mod broker;
mod demo;
mod latency;
mod lean_connection;
mod menu;
mod mqtt_connection;
mod phone;
mod place_orders;
mod process;
mod progress;
mod restaurant_setup;
mod retrying_client;
mod simulate;
mod sse;
mod target;

pub mod background;
pub mod first_data;
pub mod pace;
pub mod texts;

pub use bench::{Bench, OpenAdmin};
pub use demo::Demo;
pub use simulate::Simulate;
