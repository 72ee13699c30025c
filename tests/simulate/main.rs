//! People who are not there, made by the real command: the pizzeria cannot tell.

mod bench;
#[path = "../mqtt/broker.rs"]
#[allow(dead_code, reason = "a broker is all that is needed of it")]
mod broker;
#[path = "../common/mod.rs"]
mod common;
mod lively;
mod people;
mod secured;
mod streets;
mod world;
