//! The gateway over a real socket, in front of actors that are only pretended: what it
//! sends to which actor, and what it makes of the answer. The real silo behind it is
//! tested from the root package.

mod access;
mod board;
mod bounds;
mod dashboard;
mod document;
mod drivers;
mod endpoints;
mod fake;
mod heads;
mod idempotency;
mod inventory;
mod kitchen;
mod links;
mod menu;
mod mistakes;
mod operate;
mod overview;
mod pages;
mod problems;
mod restaurants;
mod screens;
mod sessions;
mod signs_of_life;
mod simulation;
mod socket;
mod stop;
mod track;
mod websocket;
