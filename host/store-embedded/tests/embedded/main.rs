//! The store from outside: a directory, and what is promised of it.

mod contract;
mod damage;
mod directory;
mod fixture;
mod full_disk;
mod kill;
mod migrate;
mod model;
mod power_loss;
mod reopen;
