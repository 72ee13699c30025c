//! Every error that a client of this API gets, as [`pizza_http::problem`] writes it.

use pizza_http::problem::Vocabulary;

pub(crate) use pizza_http::problem::kinds::{
    CONTENT_ENCODING, FORBIDDEN, INTERNAL, INVALID, INVALID_ID, MALFORMED, METHOD, NOT_FOUND,
    OTHER_HOST, OTHER_ORIGIN, SLOW, TOO_LARGE, UNAUTHORIZED,
};
pub(crate) use pizza_http::problem::{CONTENT_TYPE, Kind, Problem};

/// What begins the `type` of each problem.
pub(crate) const TYPES: &str = "urn:awesome-pizza:problem:";

/// How this API words its problems.
pub(crate) const VOCABULARY: Vocabulary = Vocabulary {
    types: TYPES,
    title: |kind| kind.title,
};

// Kinds of this API's own.
pizza_http::problem_kinds! {
    #[cfg(test)]
    pub(crate) ALL;
    KEY_REUSED = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The Idempotency-Key was used with another request";
    STALE = PRECONDITION_FAILED, "stale", "It has changed in the meantime";
    UPGRADE_REQUIRED = UPGRADE_REQUIRED, "upgrade-required", "Another protocol is spoken here";
    TOO_FAST = TOO_MANY_REQUESTS, "too-fast", "Too many requests in too short a time";
    CONFLICT = CONFLICT, "conflict", "The present state forbids this";
    REJECTED = CONFLICT, "rejected", "The order cannot be made as asked";
    MODULE_REFUSED = CONFLICT, "module-refused", "The module cannot be given what was asked for it";
    PLUGIN_REFUSED = UNPROCESSABLE_ENTITY, "plugin-refused", "The plugin is not taken";
    REPLAY_FAILED = CONFLICT, "replay-failed", "The message failed again, and stays";
    DECLINED = CONFLICT, "declined", "The actor declined";
    MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body must be JSON";
    ACTOR_FAILED = INTERNAL_SERVER_ERROR, "actor-failed", "The actor failed and changed nothing";
    UNEXPECTED_REPLY = BAD_GATEWAY, "unexpected-reply", "The actor's reply could not be understood";
    OVERLOADED = SERVICE_UNAVAILABLE, "overloaded", "There is too much to do right now";
    MOVED = SERVICE_UNAVAILABLE, "moved", "The actor is moving to another silo";
    RETIRED = GONE, "retired", "It has ended, and is not kept any more";
    UNKNOWN_OUTCOME = SERVICE_UNAVAILABLE, "unknown-outcome", "Whether it happened could not be learned";
    UNAVAILABLE = SERVICE_UNAVAILABLE, "unavailable", "The service does no work right now";
    STORAGE_FULL = INSUFFICIENT_STORAGE, "storage-full", "There is no room to store anything new";
    NOT_READY = SERVICE_UNAVAILABLE, "not-ready", "The service is not ready";
    DEADLINE = GATEWAY_TIMEOUT, "deadline", "The actor did not answer in time";
    // Actors called each other in a circle, or too far.
    CYCLE = LOOP_DETECTED, "cycle", "The actors' calls go in a circle";
    TOO_DEEP = LOOP_DETECTED, "too-deep", "The actors' calls go too deep";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_code_has_one_meaning() {
        let of_http = pizza_http::problem::kinds::ALL;
        let mut codes: Vec<_> = ALL.iter().chain(of_http).map(|kind| kind.code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
