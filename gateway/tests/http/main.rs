//! The gateway over a real socket, in front of actors that are only pretended: what it
//! sends to which actor, and what it makes of the answer. The real silo behind it is
//! tested from the root package.

mod access;
mod bounds;
mod document;
mod endpoints;
mod fake;
mod heads;
mod idempotency;
mod inventory;
mod kitchen;
mod links;
mod mistakes;
mod overview;
mod pages;
mod problems;
mod restaurants;
mod screens;
mod sessions;
mod signs_of_life;
mod socket;
mod stop;
mod track;
mod websocket;
