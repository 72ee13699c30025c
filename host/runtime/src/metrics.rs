//! Metrics of turns. Where the numbers go is the process's business; without a
//! recorder they go nowhere, at the cost of a few instructions.

use std::time::Duration;

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use pizza_types::CallError;

const TURNS: &str = "pizza_turns_total";
const SECONDS: &str = "pizza_turn_seconds";
const QUERIES: &str = "pizza_queries_total";
const RETRIES: &str = "pizza_message_retries_total";
const DEAD_LETTERS: &str = "pizza_dead_letters_total";
const MOVES: &str = "pizza_cluster_moves_total";
const HOPS: &str = "pizza_router_retries_total";
const REMINDERS: &str = "pizza_reminders_total";
const LATE: &str = "pizza_due_late_seconds";

/// The metrics of one actor type; looked up once, since a turn is too short to look anything up.
#[derive(Debug)]
pub(crate) struct TurnMetrics {
    done: Counter,
    replayed: Counter,
    failed: Counter,
    late: Counter,
    not_begun: Counter,
    seconds: Histogram,
    answered: Counter,
    unanswered: Counter,
    retried: Counter,
    dead_letters: Counter,
}

impl TurnMetrics {
    pub(crate) fn of(actor_type: &str) -> Self {
        // Each time, which costs little: describing again changes nothing.
        describe();
        let name = || actor_type.to_owned();
        let turns = |outcome: &'static str| counter!(TURNS, "type" => name(), "outcome" => outcome);
        let queries =
            |outcome: &'static str| counter!(QUERIES, "type" => name(), "outcome" => outcome);
        Self {
            done: turns("done"),
            replayed: turns("replayed"),
            failed: turns("failed"),
            late: turns("late"),
            not_begun: turns("not-begun"),
            seconds: histogram!(SECONDS, "type" => name()),
            answered: queries("answered"),
            unanswered: queries("failed"),
            retried: counter!(RETRIES, "type" => name()),
            dead_letters: counter!(DEAD_LETTERS, "type" => name()),
        }
    }

    /// Counts a turn that has ended. The `bool` says whether the answer was one from before.
    pub(crate) fn turn(&self, outcome: Result<bool, &CallError>, time: Duration) {
        let count = match outcome {
            Ok(false) => &self.done,
            Ok(true) => &self.replayed,
            Err(CallError::Failed { .. }) => &self.failed,
            Err(CallError::Deadline { .. }) => &self.late,
            Err(_) => &self.not_begun,
        };
        count.increment(1);
        // Failed turns too: a module that is slow to fail is slow.
        self.seconds.record(time);
    }

    /// A turn turned out to be of a message that was handled before; it was counted as done.
    pub(crate) fn repeated(&self) {
        self.replayed.increment(1);
    }

    pub(crate) fn query<T>(&self, outcome: &Result<T, CallError>) {
        let count = match outcome {
            Ok(_) => &self.answered,
            Err(_) => &self.unanswered,
        };
        count.increment(1);
    }

    pub(crate) fn retried(&self) {
        self.retried.increment(1);
    }

    pub(crate) fn became_a_dead_letter(&self) {
        self.dead_letters.increment(1);
    }
}

/// An actor has left this silo for another one that lives.
pub(crate) fn actor_left() {
    counter!(MOVES).increment(1);
}

/// A message is sent on to another silo, or to the same one later.
pub(crate) fn rerouted() {
    counter!(HOPS).increment(1);
}

/// A reminder was brought to its actor, which lives on this silo or on another one.
pub(crate) fn reminded(is_here: bool) {
    let to = if is_here { "here" } else { "elsewhere" };
    counter!(REMINDERS, "to" => to).increment(1);
}

/// What was due so long ago, a reminder or a message that was to leave later, is on its way now.
pub(crate) fn fired(what: &'static str, late_ms: u64) {
    histogram!(LATE, "what" => what).record(Duration::from_millis(late_ms));
}

fn describe() {
    describe_histogram!(
        LATE,
        Unit::Seconds,
        "How late reminders and delayed messages leave, by what they are"
    );
    describe_counter!(
        REMINDERS,
        "Reminders brought to their actors by this silo, to those that live here and elsewhere"
    );
    describe_counter!(MOVES, "Actors that left this silo while it lives");
    describe_counter!(
        HOPS,
        "Messages that had to be sent to another silo, or again"
    );
    describe_counter!(TURNS, "Turns ended, by actor type and outcome");
    describe_histogram!(
        SECONDS,
        Unit::Seconds,
        "From a turn's begin until its commit is queued, by actor type"
    );
    describe_counter!(QUERIES, "Queries ended, by actor type and outcome");
    describe_counter!(RETRIES, "Messages tried once more, by actor type");
    describe_counter!(
        DEAD_LETTERS,
        "Messages that became dead letters, by actor type"
    );
}
