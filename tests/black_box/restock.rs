//! Ingredients that are ordered by themselves: what a manager sees, and what is left of it
//! when the process is killed.

mod fatal;
mod kill;
mod public_api;
mod shop;
