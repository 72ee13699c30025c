//! A whole turn in one call: what it reads comes with it, and what it stages goes back with its
//! reply. `actor!` implements [`Turns`], and the methods behind it are those that are exported one
//! by one, too.

use crate::staged;
use crate::state::State;
use crate::turn_export::{Event, Input, Invocation, Output};

/// An actor whose turns can be handed over whole.
pub trait Turns: State {
    /// The methods that [`call`](Self::call) knows, by their numbers.
    const METHODS: &'static [&'static str];

    /// Runs a method on its JSON arguments, and gives its JSON reply.
    fn call(method: u32, arguments: &str) -> String;

    fn timer(name: String) {
        not_exported("on-timer", &name)
    }

    fn reminder(name: String, _due: u64, _missed: u32) {
        not_exported("on-reminder", &name)
    }

    fn events(name: String, _events: Vec<Event>) {
        not_exported("on-events", &name)
    }

    fn activate() {}

    fn deactivate() {}
}

fn not_exported(hook: &str, name: &str) {
    // The silo asks for what is exported only.
    panic!("{hook} of {name} was asked of an actor that does not export it");
}

#[must_use]
pub fn methods<T: Turns>() -> Vec<String> {
    T::METHODS.iter().map(|&name| name.to_owned()).collect()
}

/// Runs the turn, and gives what it has staged.
///
/// # Panics
/// When the actor does; then nothing of the turn is left.
#[must_use]
pub fn run<T: Turns>(input: Input) -> Output {
    let invocation = staged::begin(input);
    let mut reply = String::new();
    match invocation {
        Invocation::Call(call) => reply = T::call(call.method, &call.arguments),
        Invocation::Timer(name) => T::timer(name),
        Invocation::Reminder(due) => T::reminder(due.name, due.due, due.missed),
        Invocation::Events(events) => T::events(events.name, events.events),
        Invocation::Activate => <T as Turns>::activate(),
        Invocation::Deactivate => <T as Turns>::deactivate(),
    }
    staged::end(reply)
}

/// A method that the silo has no number for.
///
/// # Panics
/// Always.
#[cold]
pub fn no_method(number: u32) -> String {
    panic!("there is no method {number}")
}
