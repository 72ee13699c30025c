//! What the runtime promises, shown from outside with a real component.

mod bounds;
mod breaker;
mod calls;
mod cluster;
mod dates;
mod dead_letters;
mod entries;
mod fencing;
mod fixture;
mod gate;
mod inspect;
mod logs;
mod outbox;
mod reminders;
mod retire;
mod staged;
mod store;
mod streams;
mod supervision;
mod timers;
mod turns;
