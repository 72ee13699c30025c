//! The store from outside: a directory, and what is promised of it.

mod contract;
mod damage;
mod directory;
mod fixture;
mod kill;
mod migrate;
mod reopen;
