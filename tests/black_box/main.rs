//! The pizzeria from outside: every test starts the real program, or the real actors on the
//! real runtime, and speaks to them by their public doors. One program, so that it links once;
//! a file for each feature.

mod actor_authors;
mod admin;
mod api_contract;
mod bad_input;
mod cluster;
mod common;
mod compile_bombs;
mod crash_recovery;
mod data_directory;
mod date_changes;
mod demo;
mod driver_dispatch;
mod endpoints;
mod event_streams;
mod generated_clients;
mod graceful_shutdown;
mod kill_under_load;
mod load;
mod modules;
mod mqtt_bridge;
mod mqtt_broker;
mod network_access;
mod noisy_neighbours;
mod other_languages;
mod pizzeria;
mod plugins;
mod restock;
mod retired_orders;
mod simulate;
mod simulated_day;
mod store_failure;
mod store_full;
mod tables;
mod time_zones;
