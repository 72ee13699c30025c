//! What the runtime promises, shown from outside with a real component.

mod bounds;
mod calls;
mod fencing;
mod fixture;
mod gate;
mod logs;
mod outbox;
mod reminders;
mod store;
mod streams;
mod timers;
mod turns;
