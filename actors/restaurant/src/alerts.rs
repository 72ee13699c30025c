//! What a restaurant's manager hears. It is in the stream of the orders, because the manager's
//! screen follows that one.

use silo_sdk::{context, json, streams};

use crate::order_event::STREAM;

pub(crate) fn to_manager(kind: &str, message: &str) {
    let alert = json::json!({
        "at": context::now_ms(), "alert": {"kind": kind, "message": message},
    });
    streams::publish(STREAM, &context::key(), &alert);
}
