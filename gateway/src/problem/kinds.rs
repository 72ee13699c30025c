//! The kinds of problems. A code never changes its meaning: clients match on it.

use axum::http::StatusCode;

pub(crate) const TYPES: &str = "urn:awesome-pizza:problem:";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $status:ident, $code:literal, $title:literal;)*) => {
        $(pub(crate) const $name: Kind = Kind {
            status: StatusCode::$status,
            code: $code,
            title: $title,
        };)*

        #[cfg(test)]
        const ALL: &[Kind] = &[$($name),*];
    };
}

kinds! {
    MALFORMED = BAD_REQUEST, "malformed", "The request is malformed";
    INVALID = UNPROCESSABLE_ENTITY, "invalid", "The request is not valid";
    INVALID_ID = UNPROCESSABLE_ENTITY, "invalid-id", "This cannot be the id of anything";
    KEY_REUSED = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The Idempotency-Key was used with another request";
    UNAUTHORIZED = UNAUTHORIZED, "unauthorized", "Who asks is not known";
    FORBIDDEN = FORBIDDEN, "forbidden", "This is not for everybody";
    OTHER_ORIGIN = FORBIDDEN, "other-origin", "A web page of somebody else asks";
    OTHER_HOST = MISDIRECTED_REQUEST, "other-host", "This machine is not called that";
    NOT_FOUND = NOT_FOUND, "not-found", "There is no such thing";
    METHOD = METHOD_NOT_ALLOWED, "method-not-allowed", "The path does not take this method";
    SLOW = REQUEST_TIMEOUT, "slow-request", "The request took too long to arrive";
    STALE = PRECONDITION_FAILED, "stale", "It has changed in the meantime";
    TOO_FAST = TOO_MANY_REQUESTS, "too-fast", "Too many requests in too short a time";
    CONFLICT = CONFLICT, "conflict", "The present state forbids this";
    REJECTED = CONFLICT, "rejected", "The order cannot be made as asked";
    DECLINED = CONFLICT, "declined", "The actor declined";
    TOO_LARGE = PAYLOAD_TOO_LARGE, "too-large", "The body is too large";
    MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body must be JSON";
    CONTENT_ENCODING = UNSUPPORTED_MEDIA_TYPE, "unsupported-content-encoding", "The body must not be compressed";
    INTERNAL = INTERNAL_SERVER_ERROR, "internal", "The gateway made a mistake";
    ACTOR_FAILED = INTERNAL_SERVER_ERROR, "actor-failed", "The actor failed and changed nothing";
    UNEXPECTED_REPLY = BAD_GATEWAY, "unexpected-reply", "The actor's reply could not be understood";
    OVERLOADED = SERVICE_UNAVAILABLE, "overloaded", "There is too much to do right now";
    MOVED = SERVICE_UNAVAILABLE, "moved", "The actor is moving to another silo";
    UNKNOWN_OUTCOME = SERVICE_UNAVAILABLE, "unknown-outcome", "Whether it happened could not be learned";
    UNAVAILABLE = SERVICE_UNAVAILABLE, "unavailable", "The service does no work right now";
    NOT_READY = SERVICE_UNAVAILABLE, "not-ready", "The service is not ready";
    DEADLINE = GATEWAY_TIMEOUT, "deadline", "The actor did not answer in time";
    // 508 says what happened: actors asked each other in a circle, or too far.
    CYCLE = LOOP_DETECTED, "cycle", "The actors' calls go in a circle";
    TOO_DEEP = LOOP_DETECTED, "too-deep", "The actors' calls go too deep";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_code_has_one_meaning() {
        let mut codes: Vec<_> = ALL.iter().map(|kind| kind.code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
