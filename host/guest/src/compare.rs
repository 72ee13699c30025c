//! What changes for others when one module takes the place of another.

use std::fmt;

use pizza_value::{compat, growth};

use crate::module::{Method, Module};

/// One difference, in words for people who have to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub weight: Weight,
    /// What it is about: `type.method`, a hook, a stream, or the state.
    pub subject: String,
    /// What has changed of it, in words.
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nobody has to do anything.
    Harmless,
    /// Somebody outside may rely on it: an operator must say so.
    Warning,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.what)
    }
}

/// The differences from `old` to `new`, sorted by subject.
#[must_use]
pub fn compare(old: &Module, new: &Module) -> Vec<Change> {
    let mut changes = Vec::new();
    methods(old, new, &mut changes);
    hooks(old, new, &mut changes);
    let (before, after) = (old.schema(), new.schema());
    if before != after {
        // A newer layout is migrated to; an older module cannot read what a newer one wrote.
        let weight = if after > before {
            Weight::Harmless
        } else {
            Weight::Warning
        };
        let what = format!("the layout of the state was {before}, is {after}");
        changes.push(change(weight, "state", what));
    }
    for stream in old.subscriptions() {
        if !new.subscriptions().contains(stream) {
            let what = "it is not subscribed to any more".to_owned();
            changes.push(change(Weight::Warning, &format!("stream {stream}"), what));
        }
    }
    for stream in new.subscriptions() {
        if !old.subscriptions().contains(stream) {
            let what = "it is subscribed to".to_owned();
            changes.push(change(Weight::Harmless, &format!("stream {stream}"), what));
        }
    }
    // Methods come out of a hash map: without an order, each run would show another.
    changes.sort_by(|a, b| a.subject.cmp(&b.subject));
    changes
}

fn methods(old: &Module, new: &Module, changes: &mut Vec<Change>) {
    let actor_type = old.actor_type();
    let subject = |method: &Method| format!("{actor_type}.{}", method.function.name);
    for before in old.methods() {
        let Some(after) = new.method(&before.function.name) else {
            let what = "it is gone".to_owned();
            changes.push(change(Weight::Warning, &subject(before), what));
            continue;
        };
        if let Err(difference) = growth::serves(&before.function, &after.function) {
            let what = difference.to_string();
            changes.push(change(Weight::Warning, &subject(before), what));
        } else if let Err(addition) = compat::same_function(&before.function, &after.function) {
            let what = addition.to_string();
            changes.push(change(Weight::Harmless, &subject(before), what));
        }
        // A query runs beside a turn and commits nothing: callers may rely on either.
        if before.query != after.query {
            let kind = |query| if query { "a query" } else { "a command" };
            let what = format!("it was {}, is {}", kind(before.query), kind(after.query));
            changes.push(change(Weight::Warning, &subject(before), what));
        }
    }
    for after in new.methods() {
        if old.method(&after.function.name).is_none() {
            changes.push(change(
                Weight::Harmless,
                &subject(after),
                "it is new".to_owned(),
            ));
        }
    }
}

/// Hooks that are gone: what was to call one of them then comes to nothing.
fn hooks(old: &Module, new: &Module, changes: &mut Vec<Change>) {
    let (before, after) = (old.hooks(), new.hooks());
    for (name, before, after) in [
        ("on-timer", before.timer, after.timer),
        ("on-reminder", before.reminder, after.reminder),
        ("on-events", before.events, after.events),
        ("migrate", before.migrate, after.migrate),
    ] {
        let what = match (before, after) {
            (true, false) => "it is gone; what was to call it comes to nothing",
            _ => continue,
        };
        changes.push(change(
            Weight::Warning,
            &format!("hook {name}"),
            what.to_owned(),
        ));
    }
}

fn change(weight: Weight, subject: &str, what: String) -> Change {
    Change {
        weight,
        subject: subject.to_owned(),
        what,
    }
}
