//! `If-Match`: a command that is meant for one version of a thing, and for no later one; and
//! `If-None-Match`, by which a client says what it has.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::problem::{self, Problem};

/// The version that an `If-Match` names; `None` when any will do.
///
/// # Errors
/// When the header names no single version that could be this thing's.
pub(crate) fn expected(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let mut given = headers.get_all(header::IF_MATCH).iter();
    let Some(tag) = given.next() else {
        return Ok(None);
    };
    let tag = tag.to_str().unwrap_or_default().trim();
    // A list would mean "one of these versions", which no actor can be asked.
    if given.next().is_some() || tag.contains(',') {
        let detail = "If-Match takes one entity tag here";
        return Err(Problem::new(problem::MALFORMED, detail));
    }
    if tag == "*" {
        return Ok(None);
    }
    // A weak tag is one, but is no match for a command (RFC 9110, section 13.1.1).
    let strong = tag.strip_prefix("W/").unwrap_or(tag);
    let opaque = strong
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'));
    let Some(opaque) = opaque.filter(|opaque| !opaque.contains('"')) else {
        let detail = "If-Match takes an entity tag in quotes, or *";
        return Err(Problem::new(problem::MALFORMED, detail));
    };
    // A tag that is none of ours is legal, and matches nothing: 412, not 400.
    let version = opaque.parse().ok().filter(|_| strong == tag);
    version.map(Some).ok_or_else(|| unmatched(tag))
}

/// Refuses an entity tag where there are no versions: what has no tag matches none.
pub(crate) fn refuse_unless(versioned: bool, headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::IF_MATCH) {
        Some(tag) if !versioned && tag != "*" => Err(unmatched(tag.to_str().unwrap_or_default())),
        _ => Ok(()),
    }
}

/// The problem of a command for another version than `version`, which the thing has now.
pub(crate) fn stale(version: u64) -> Problem {
    let detail = format!("the entity tag is \"{version}\" now; If-Match names another");
    Problem::new(problem::STALE, detail).member("version", version)
}

/// Whether the client has what this entity tag names, by its `If-None-Match`; strong and weak tags
/// compare as equal.
pub(crate) fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let mut lists = headers.get_all(header::IF_NONE_MATCH).iter();
    lists.any(|tags| {
        let mut tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
        tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    })
}

fn unmatched(tag: &str) -> Problem {
    let detail = format!("nothing here has the entity tag {tag}");
    Problem::new(problem::STALE, detail)
}
