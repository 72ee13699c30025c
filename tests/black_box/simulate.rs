//! People who are not there, made by the real command: the pizzeria cannot tell.

mod bench;
mod lively;
mod people;
mod secured;
pub(crate) mod streets;
mod switch;
mod world;
