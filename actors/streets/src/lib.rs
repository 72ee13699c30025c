//! The demo city: for the actors that reckon with it, and for those who ride through it.
//!
//! - [`location`]: places on Earth, and how far apart they are
//! - [`road`]: how far it is by road where nobody knows the streets, and how long that takes
//! - [`city`]: the streets, and the shortest way along them
//! - [`worker`]: which of the workers that know the streets is asked

pub mod city;
pub mod location;
pub mod road;
pub mod worker;
