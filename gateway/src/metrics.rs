//! What is counted of requests. Where the numbers go is the process's business.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const REQUESTS: &str = "pizza_http_requests_total";
const SECONDS: &str = "pizza_http_request_seconds";
const STREAMS: &str = "pizza_sse_streams_open";
const WEBSOCKETS: &str = "pizza_websockets_open";

pub(crate) fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by route, method and status");
    describe_histogram!(SECONDS, "From a request's head to its answer's, by route");
    describe_gauge!(STREAMS, "Event streams that are open");
    describe_gauge!(WEBSOCKETS, "WebSockets that are open, for MQTT");
}

/// Counts a WebSocket for as long as it lives.
pub(crate) struct OpenWebSocket;

impl OpenWebSocket {
    pub(crate) fn new() -> Self {
        gauge!(WEBSOCKETS).increment(1.0);
        Self
    }
}

impl Drop for OpenWebSocket {
    fn drop(&mut self) {
        gauge!(WEBSOCKETS).decrement(1.0);
    }
}

/// `route` is the pattern that the path matched, which are few; paths are many.
pub(crate) fn answered(route: Option<&str>, method: &Method, status: StatusCode, time: Duration) {
    // Paths that lead nowhere are as many as there are scanners: one series for all of them.
    let route = route.unwrap_or("none").to_owned();
    let labels = [
        ("route", route.clone()),
        ("method", named(method).to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    counter!(REQUESTS, &labels).increment(1);
    histogram!(SECONDS, "route" => route).record(time);
}

pub(crate) fn streams_open(count: usize) {
    gauge!(STREAMS).set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
}

/// Clients may invent methods; a series for each of them would have no end.
fn named(method: &Method) -> &str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
    ];
    if KNOWN.contains(method) {
        method.as_str()
    } else {
        "other"
    }
}
