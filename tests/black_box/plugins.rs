//! Strangers' rules in a kitchen: what they may decide, and what they cannot do.

mod binding;
mod hostile;
mod kitchen;
mod signed;
