//! Strangers' rules in a kitchen: what they may decide, and what they cannot do.

mod binding;
#[path = "../common/mod.rs"]
mod common;
mod hostile;
mod kitchen;
mod signed;
