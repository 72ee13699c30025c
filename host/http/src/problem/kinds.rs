//! The kinds of problems. A code never changes its meaning: clients match on it.
//!
//! These are the ones to which HTTP itself gives rise. An API has kinds of its own beside them.

pub use hyper::http::StatusCode;

/// What sort of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub status: StatusCode,
    /// The end of the `type` of a problem.
    pub code: &'static str,
    /// The kind in a few words, for people.
    pub title: &'static str,
}

/// Declares kinds as constants, and a list of them.
#[macro_export]
macro_rules! problem_kinds {
    (
        $(#[$of_list:meta])* $visible:vis $list:ident;
        $($name:ident = $status:ident, $code:literal, $title:literal;)*
    ) => {
        $($visible const $name: $crate::problem::kinds::Kind = $crate::problem::kinds::Kind {
            status: $crate::problem::kinds::StatusCode::$status,
            code: $code,
            title: $title,
        };)*

        $(#[$of_list])*
        $visible const $list: &[$crate::problem::kinds::Kind] = &[$($name),*];
    };
}

problem_kinds! {
    pub ALL;
    MALFORMED = BAD_REQUEST, "malformed", "The request is malformed";
    INVALID = UNPROCESSABLE_ENTITY, "invalid", "The request is not valid";
    INVALID_ID = UNPROCESSABLE_ENTITY, "invalid-id", "This cannot be the id of anything";
    UNAUTHORIZED = UNAUTHORIZED, "unauthorized", "Who asks is not known";
    FORBIDDEN = FORBIDDEN, "forbidden", "This is not for everybody";
    OTHER_ORIGIN = FORBIDDEN, "other-origin", "A web page of somebody else asks";
    OTHER_HOST = MISDIRECTED_REQUEST, "other-host", "This machine is not called that";
    NOT_FOUND = NOT_FOUND, "not-found", "There is no such thing";
    METHOD = METHOD_NOT_ALLOWED, "method-not-allowed", "The path does not take this method";
    SLOW = REQUEST_TIMEOUT, "slow-request", "The request took too long to arrive";
    TOO_LARGE = PAYLOAD_TOO_LARGE, "too-large", "The body is too large";
    CONTENT_ENCODING = UNSUPPORTED_MEDIA_TYPE, "unsupported-content-encoding", "The body must not be compressed";
    INTERNAL = INTERNAL_SERVER_ERROR, "internal", "The gateway made a mistake";
}
