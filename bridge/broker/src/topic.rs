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
    } else if !is_name(topic) {
        "a topic has wildcards"
    } else if is_long(topic) {
        "a topic is too long"
    } else {
        return Ok(topic);
    };
    Err(refused(reason::TOPIC_INVALID, why))
}

/// Whether the standard allows it as a topic's name.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['+', '#'])
}

/// The filter, if it is one by the standard (MQTT 5, 4.7.1 and 4.8.2).
///
/// # Errors
/// When it is empty, or has a wildcard or a group where none may be.
pub(crate) fn filter(text: &str) -> Result<&str, Refused> {
    let filter = match shared(text) {
        Some((group, filter)) => is_name(group).then_some(filter),
        None => (!claims_to_be_shared(text)).then_some(text),
    };
    let is_valid = filter.is_some_and(|filter| {
        let mut levels = filter.split('/').peekable();
        let mut is_valid = !filter.is_empty();
        while let Some(level) = levels.next() {
            is_valid &= match level {
                "#" => levels.peek().is_none(),
                "+" => true,
                other => !other.contains(['+', '#']),
            };
        }
        is_valid
    });
    if is_valid {
        Ok(text)
    } else {
        Err(refused(reason::MALFORMED, "a filter is none"))
    }
}

/// The reason why nobody can subscribe to a filter that the standard allows; `None` if somebody can.
pub(crate) fn unfit_filter(filter: &str) -> Option<u8> {
    is_long(filter).then_some(reason::FILTER_INVALID)
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
        for filter in ["", "a+", "#/a", "a/#/b", "a#"] {
            assert!(super::filter(filter).is_err(), "{filter}");
        }
        for filter in ["#", "+", "a/+/#", "+/+", "/", "$SYS/#"] {
            assert!(super::filter(filter).is_ok(), "{filter}");
            assert_eq!(unfit_filter(filter), None, "{filter}");
        }
        assert!(super::filter(&long).is_ok() && unfit_filter(&long).is_some());
        for share in ["$share", "$share/", "$share/g", "$share//a", "$share/g/"] {
            assert!(super::filter(share).is_err(), "{share}");
        }
        for share in ["$share/+/a", "$share/g#/a", "$share/g/a#", "$share/g/#/a"] {
            assert!(super::filter(share).is_err(), "{share}");
        }
        for share in ["$share/g/a", "$share/g//a", "$share/g/#", "$share/ä/a/+"] {
            assert!(super::filter(share).is_ok(), "{share}");
        }
    }
}
