//! Each row of the endpoint table, with what works and what does not, on a real pizzeria.

#[path = "../common/mod.rs"]
mod common;
mod inventory;
mod table;
mod walk;
