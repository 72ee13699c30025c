//! What is counted. Where the numbers go is the process's business.

use metrics::{counter, describe_counter, describe_gauge, gauge};

const ATTEMPTS: &str = "pizza_webhook_attempts_total";
const DEAD: &str = "pizza_webhook_dead_letters_total";
const MISSED: &str = "pizza_webhook_events_missed_total";
const LAG: &str = "pizza_webhook_lag";

pub(crate) fn describe() {
    describe_counter!(
        ATTEMPTS,
        "Posts of webhooks, by webhook and by what came of them"
    );
    describe_counter!(DEAD, "Events that became dead letters, by webhook");
    describe_counter!(
        MISSED,
        "Events that were not kept long enough to be posted, by webhook"
    );
    describe_gauge!(
        LAG,
        "Events that are not posted yet, whether or not they are to be, by webhook"
    );
}

pub(crate) fn attempted(webhook: &str, result: &'static str) {
    counter!(ATTEMPTS, "webhook" => webhook.to_owned(), "result" => result).increment(1);
}

pub(crate) fn dead(webhook: &str) {
    counter!(DEAD, "webhook" => webhook.to_owned()).increment(1);
}

pub(crate) fn missed(webhook: &str, count: u64) {
    counter!(MISSED, "webhook" => webhook.to_owned()).increment(count);
}

pub(crate) fn lag(webhook: &str, events: u64) {
    // Events are counted in numbers that a float has exactly.
    #[allow(clippy::cast_precision_loss, reason = "nobody has 2^53 events to post")]
    gauge!(LAG, "webhook" => webhook.to_owned()).set(events as f64);
}
