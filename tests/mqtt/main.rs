//! Real MQTT clients and a real broker between them and the actors.

mod apart;
mod broker;
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../../actors/compile.rs"]
mod compile;
mod dead_letters;
mod delivered;
mod events;
mod fake;
mod hostile;
mod once;
mod secured;
mod world;
