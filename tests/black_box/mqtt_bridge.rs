//! Real MQTT clients and a real broker between them and the actors.

pub(crate) mod apart;
pub(crate) mod broker;
mod dead_letters;
mod delivered;
mod events;
mod fake;
mod hostile;
mod once;
mod pairs;
mod phones;
mod secured;
mod world;
