//! Ingredients that are ordered by themselves: what a manager sees, and what is left of it
//! when the process is killed.

#[path = "../common/mod.rs"]
mod common;

mod doors;
mod fatal;
mod kill;
mod shop;
