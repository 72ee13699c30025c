//! What is counted of requests. Where the numbers go is the process's business.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{
    Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use parking_lot::RwLock;

const REQUESTS: &str = "pizza_http_requests_total";
const SECONDS: &str = "pizza_http_request_seconds";
const STREAMS: &str = "pizza_sse_streams_open";
const WEBSOCKETS: &str = "pizza_websockets_open";
const SHARED_WITH: &str = "pizza_gateway_limits_shared_with";

pub(crate) fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by route, method and status");
    describe_histogram!(SECONDS, "From a request's head to its answer's, by route");
    describe_gauge!(STREAMS, "Event streams that are open");
    describe_gauge!(WEBSOCKETS, "WebSockets that are open, for MQTT");
    describe_gauge!(
        SHARED_WITH,
        "Other gateways that clients' limits are shared with"
    );
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

/// The series of a route, found once: to find one by its labels costs more than to count.
struct OfRoute {
    seconds: Histogram,
    answers: Vec<(&'static str, StatusCode, Counter)>,
}

/// By route. There are as many as the gateway has, and of each a few methods and statuses.
static ROUTES: LazyLock<RwLock<HashMap<String, OfRoute>>> = LazyLock::new(RwLock::default);

/// `route` is the pattern that the path matched, which are few; paths are many.
pub(crate) fn answered(route: Option<&str>, method: &Method, status: StatusCode, time: Duration) {
    // Paths that lead nowhere are as many as there are scanners: one series for all of them.
    let (route, method) = (route.unwrap_or("none"), named(method));
    if !count(&ROUTES.read(), route, method, status, time) {
        let mut routes = ROUTES.write();
        add(&mut routes, route, method, status);
        count(&routes, route, method, status, time);
    }
}

/// Returns whether the series were there.
fn count(
    routes: &HashMap<String, OfRoute>,
    route: &str,
    method: &str,
    status: StatusCode,
    time: Duration,
) -> bool {
    let Some(route) = routes.get(route) else {
        return false;
    };
    let mut answers = route.answers.iter();
    let Some((.., answer)) = answers.find(|(of, with, _)| *of == method && *with == status) else {
        return false;
    };
    answer.increment(1);
    route.seconds.record(time);
    true
}

/// Adds what is missing; somebody else may have done so meanwhile.
fn add(
    routes: &mut HashMap<String, OfRoute>,
    route: &str,
    method: &'static str,
    status: StatusCode,
) {
    let of_route = routes.entry(route.to_owned()).or_insert_with(|| OfRoute {
        seconds: histogram!(SECONDS, "route" => route.to_owned()),
        answers: Vec::new(),
    });
    let answers = &mut of_route.answers;
    if answers
        .iter()
        .all(|(of, with, _)| *of != method || *with != status)
    {
        let labels = [
            ("route", route.to_owned()),
            ("method", method.to_owned()),
            ("status", status.as_u16().to_string()),
        ];
        answers.push((method, status, counter!(REQUESTS, &labels)));
    }
}

pub(crate) fn streams_open(count: usize) {
    gauge!(STREAMS).set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
}

pub(crate) fn limits_shared_with(gateways: usize) {
    gauge!(SHARED_WITH).set(f64::from(u32::try_from(gateways).unwrap_or(u32::MAX)));
}

/// Clients may invent methods; a series for each of them would have no end.
fn named(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    let mut known = KNOWN.into_iter();
    known
        .find(|name| *name == method.as_str())
        .unwrap_or("other")
}
