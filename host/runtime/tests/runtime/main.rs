//! What the runtime promises, shown from outside with a real component.

mod calls;
mod fixture;
mod gate;
mod store;
mod turns;
