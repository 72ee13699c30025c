//! What is counted. Where the numbers go is the process's business.

use metrics::{counter, describe_counter, describe_gauge, gauge};

const CONNECTIONS: &str = "pizza_broker_connections";
const MESSAGES: &str = "pizza_broker_messages_total";
const REFUSED: &str = "pizza_broker_refused_total";
const DROPPED: &str = "pizza_broker_dropped_total";
const WAITS: &str = "pizza_broker_waits_total";

pub(crate) fn describe() {
    describe_gauge!(CONNECTIONS, "MQTT clients that are connected");
    describe_counter!(MESSAGES, "Messages by direction: in, out");
    describe_counter!(REFUSED, "Packets that were refused, by reason");
    describe_counter!(
        DROPPED,
        "What was dropped, by place: queue, retained, wills, sessions (no room), reserved topics"
    );
    describe_counter!(
        WAITS,
        "Times that a publisher waited, by reason: behind, rate"
    );
}

pub(crate) fn connections(change: f64) {
    gauge!(CONNECTIONS).increment(change);
}

pub(crate) fn received() {
    counter!(MESSAGES, "direction" => "in").increment(1);
}

pub(crate) fn sent(count: usize) {
    counter!(MESSAGES, "direction" => "out").increment(count as u64);
}

/// `why` is a label, so it has to be one of few texts, and none that a client has sent.
pub(crate) fn refused(why: &'static str) {
    counter!(REFUSED, "reason" => why).increment(1);
}

pub(crate) fn dropped(place: &'static str, count: u64) {
    if count > 0 {
        counter!(DROPPED, "place" => place).increment(count);
    }
}

pub(crate) fn waited(why: &'static str) {
    counter!(WAITS, "reason" => why).increment(1);
}
