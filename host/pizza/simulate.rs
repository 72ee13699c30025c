//! People who are not there: drivers with phones, and customers. They know the pizzeria
//! only by its public doors.
//!
//! - `place`, `city`, `walk`, `way`: where one can go, and how one gets there
//! - `broker`, `line`, `phone`: how a phone tells where it is
//! - `rider`, `riders`, `shift`: drivers at work, and what has come of it
//! - `restaurant`: for whom they work
//! - `customers`, `followed`: who orders, and what becomes of it
//! - `ending`, `lively`: how long it goes on; the same within the pizzeria's own process

pub(crate) mod broker;
pub(crate) mod city;
pub(crate) mod customers;
pub(crate) mod ending;
pub(crate) mod followed;
pub(crate) mod line;
pub(crate) mod lively;

pub(crate) mod phone;
pub(crate) mod place;
pub(crate) mod restaurant;
mod rider;
pub(crate) mod riders;
pub(crate) mod shift;
mod walk;
pub(crate) mod way;
