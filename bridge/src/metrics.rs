//! What is counted. Where the numbers go is the process's business.

use metrics::{counter, describe_counter};

const MESSAGES: &str = "pizza_bridge_messages_total";
const IGNORED: &str = "pizza_bridge_ignored_total";
const DEAD: &str = "pizza_bridge_dead_letters_total";
const PUBLISHED: &str = "pizza_bridge_published_total";
const MISSED: &str = "pizza_bridge_events_missed_total";
const NOT_SUBSCRIBED: &str = "pizza_bridge_subscriptions_refused_total";
const LOST: &str = "pizza_bridge_connections_lost_total";

pub(crate) fn describe() {
    describe_counter!(
        MESSAGES,
        "MQTT messages that an actor has handled, by mapping"
    );
    describe_counter!(
        IGNORED,
        "MQTT messages that no mapping of their topic means, by the last such mapping"
    );
    describe_counter!(DEAD, "MQTT messages that became dead letters, by reason");
    describe_counter!(PUBLISHED, "Events that the broker has acknowledged");
    describe_counter!(
        MISSED,
        "Events that were not kept long enough to be published"
    );
    describe_counter!(NOT_SUBSCRIBED, "Filters that the broker did not accept");
    describe_counter!(LOST, "Connections to the broker that were lost or not made");
}

pub(crate) fn handled(mapping: &str) {
    counter!(MESSAGES, "mapping" => mapping.to_owned()).increment(1);
}

pub(crate) fn ignored(mapping: &str) {
    counter!(IGNORED, "mapping" => mapping.to_owned()).increment(1);
}

pub(crate) fn dead(code: &'static str) {
    counter!(DEAD, "reason" => code).increment(1);
}

pub(crate) fn published() {
    counter!(PUBLISHED).increment(1);
}

pub(crate) fn missed(count: u64) {
    counter!(MISSED).increment(count);
}

pub(crate) fn not_subscribed(filters: usize) {
    counter!(NOT_SUBSCRIBED).increment(filters as u64);
}

pub(crate) fn lost() {
    counter!(LOST).increment(1);
}
