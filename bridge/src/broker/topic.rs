//! What may be published to, and subscribed to.

use super::packet::{Refused, reason, refused};

/// Longer ones are of no use to anybody here.
const BYTES_MAX: usize = 1_024;
const LEVELS_MAX: usize = 32;
const SHARED: &str = "$share/";

/// # Errors
/// When it is no name that somebody may publish to.
pub(super) fn name(topic: &str) -> Result<&str, Refused> {
    let why = if topic.is_empty() {
        "a topic is empty"
    } else if topic.contains(['+', '#']) {
        "a topic has wildcards"
    } else if topic.starts_with('$') {
        "a topic is the broker's own"
    } else if is_long(topic) {
        "a topic is too long"
    } else {
        return Ok(topic);
    };
    Err(refused(reason::TOPIC_INVALID, why))
}

/// The group and the filter of `$share/{group}/{filter}`.
pub(super) fn shared(filter: &str) -> Option<(&str, &str)> {
    filter.strip_prefix(SHARED)?.split_once('/')
}

/// The reason why nobody can subscribe to it, if so.
pub(super) fn unfit(filter: &str) -> Option<u8> {
    let filter = match shared(filter) {
        _ if filter.len() > BYTES_MAX => "",
        Some((group, _)) if group.is_empty() || group.contains(['+', '#']) => "",
        Some((_, filter)) => filter,
        None if filter == "$share" || filter.starts_with(SHARED) => "",
        None => filter,
    };
    let mut levels = filter.split('/').peekable();
    let mut fits = !filter.is_empty() && !is_long(filter);
    while let Some(level) = levels.next() {
        let is_last = levels.peek().is_none();
        fits &= match level {
            "#" => is_last,
            "+" => true,
            other => !other.contains(['+', '#']),
        };
    }
    (!fits).then_some(reason::FILTER_INVALID)
}

fn is_long(text: &str) -> bool {
    text.len() > BYTES_MAX || text.split('/').count() > LEVELS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_or_filter_is_refused() {
        let long = "a/".repeat(40);
        for topic in ["", "a/+", "#", "$SYS/x", &"a".repeat(60_000), &long] {
            assert!(name(topic).is_err(), "{topic}");
        }
        for topic in ["a", "/", "ä", "a//b"] {
            assert!(name(topic).is_ok(), "{topic}");
        }
        for filter in ["", "a+", "#/a", "a/#/b", "a#", &long] {
            assert!(unfit(filter).is_some(), "{filter}");
        }
        for filter in ["#", "+", "a/+/#", "+/+", "/", "$SYS/#"] {
            assert_eq!(unfit(filter), None, "{filter}");
        }
        for share in ["$share", "$share/", "$share/g", "$share//a", "$share/g/"] {
            assert!(unfit(share).is_some(), "{share}");
        }
        for share in ["$share/+/a", "$share/g#/a", "$share/g/a#", "$share/g/#/a"] {
            assert!(unfit(share).is_some(), "{share}");
        }
        for share in ["$share/g/a", "$share/g//a", "$share/g/#", "$share/ä/a/+"] {
            assert_eq!(unfit(share), None, "{share}");
        }
        assert_eq!(shared("$share/g/a/b"), Some(("g", "a/b")));
        assert_eq!(shared("$sharer/g/a"), None);
    }
}
