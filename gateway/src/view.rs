//! What actors tell, as clients see it: with times for people.

pub(crate) mod alert;
pub(crate) mod driver;
pub(crate) mod kitchen;
pub(crate) mod open_order;
pub(crate) mod restaurant;
pub(crate) mod statistics;
pub(crate) mod stock;
