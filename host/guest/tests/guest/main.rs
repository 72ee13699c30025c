//! What a guest may do, and what happens to one that does more.

mod arena;
mod bounds;
mod fixture;
mod grants;
mod loading;
mod plugins;
mod reaching;
mod reuse;
mod starting;
