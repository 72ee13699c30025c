//! What a guest may do, and what happens to one that does more.

mod arena;
mod bounds;
mod chance;
mod fixture;
mod grants;
mod loading;
mod paths;
mod plugins;
mod reaching;
mod reuse;
mod starting;
mod whole;
