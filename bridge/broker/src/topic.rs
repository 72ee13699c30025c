//! Which topics may be published to, and which filters subscribed to. The standard's rules,
//! and limits of this broker.

use pizza_mqtt::topic::claims_to_be_shared;
pub(crate) use pizza_mqtt::topic::{covers, shared};

use crate::packet::{Refused, reason, refused};

/// The standard allows 65,535. What a pizzeria names is far shorter, and each retained topic
/// and each filter is stored.
const BYTES_MAX: usize = 1_024;
/// The subscription tree is searched recursively, one call a level.
const LEVELS_MAX: usize = 32;

/// The topic, if somebody may publish to it.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn name(topic: &str) -> Result<&str, Refused> {
    let why = if topic.is_empty() {
        "a topic is empty"
    } else if topic.contains(['+', '#']) {
        "a topic has wildcards"
    } else if is_long(topic) {
        "a topic is too long"
    } else {
        return Ok(topic);
    };
    Err(refused(reason::TOPIC_INVALID, why))
}

/// The reason why nobody can subscribe to the filter; `None` if it is a good one.
pub(crate) fn invalid_filter(filter: &str) -> Option<u8> {
    // An empty one stands for everything that is wrong before the filter itself is looked at.
    let filter = match shared(filter) {
        _ if filter.len() > BYTES_MAX => "",
        Some((group, _)) if group.is_empty() || group.contains(['+', '#']) => "",
        Some((_, filter)) => filter,
        None if claims_to_be_shared(filter) => "",
        None => filter,
    };
    let mut levels = filter.split('/').peekable();
    let mut is_valid = !filter.is_empty() && !is_long(filter);
    while let Some(level) = levels.next() {
        let is_last = levels.peek().is_none();
        is_valid &= match level {
            "#" => is_last,
            "+" => true,
            other => !other.contains(['+', '#']),
        };
    }
    (!is_valid).then_some(reason::FILTER_INVALID)
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
        for topic in ["", "a/+", "#", &"a".repeat(60_000), &long] {
            assert!(name(topic).is_err(), "{topic}");
        }
        for topic in ["a", "/", "ä", "a//b", "$SYS/x"] {
            assert!(name(topic).is_ok(), "{topic}");
        }
        for filter in ["", "a+", "#/a", "a/#/b", "a#", &long] {
            assert!(invalid_filter(filter).is_some(), "{filter}");
        }
        for filter in ["#", "+", "a/+/#", "+/+", "/", "$SYS/#"] {
            assert_eq!(invalid_filter(filter), None, "{filter}");
        }
        for share in ["$share", "$share/", "$share/g", "$share//a", "$share/g/"] {
            assert!(invalid_filter(share).is_some(), "{share}");
        }
        for share in ["$share/+/a", "$share/g#/a", "$share/g/a#", "$share/g/#/a"] {
            assert!(invalid_filter(share).is_some(), "{share}");
        }
        for share in ["$share/g/a", "$share/g//a", "$share/g/#", "$share/ä/a/+"] {
            assert_eq!(invalid_filter(share), None, "{share}");
        }
    }
}
