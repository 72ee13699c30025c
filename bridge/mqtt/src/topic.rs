//! Topic filters (MQTT 5, section 4.7) and shared subscriptions (section 4.8.2).

const SHARED: &str = "$share/";

/// Whether the filter covers the topic.
///
/// `topic` may also be a filter without `#`: then the answer is whether `filter` covers every
/// topic that `topic` does. Both have to be valid; on others the answer means nothing.
#[must_use]
pub fn covers(filter: &str, topic: &str) -> bool {
    // Section 4.7.2: such topics are the server's own, and nobody who wants all means them.
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut filter, mut topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (filter.next(), topic.next()) {
            // Also when the topic has ended: `a/#` covers `a` (section 4.7.1.2).
            (Some("#"), _) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(level)) if wanted == level => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// The filter by which the members of a group divide the messages of `filter` among them.
#[must_use]
pub fn share(group: &str, filter: &str) -> String {
    format!("{SHARED}{group}/{filter}")
}

/// The group and the filter of `$share/{group}/{filter}`; `None` for any other filter.
#[must_use]
pub fn shared(filter: &str) -> Option<(&str, &str)> {
    filter.strip_prefix(SHARED)?.split_once('/')
}

/// Whether the filter is, or is meant to be, one of a shared subscription: `$share` alone and
/// `$share/group` lack a part, and are no ordinary filters for that.
#[must_use]
pub fn claims_to_be_shared(filter: &str) -> bool {
    filter == "$share" || filter.starts_with(SHARED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_cover_what_the_standard_says() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/+", "a/b", true),
            ("a/+", "a", false),
            ("a/+", "a/", true),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("#", "ä/b", true),
            ("+", "ä", true),
            ("+/+", "/a", true),
            ("+", "/a", false),
            ("a/+/c", "a//c", true),
            ("a/+", "a/+", true),
            ("a/b", "a/+", false),
            ("#", "$SYS/a", false),
            ("+/a", "$SYS/a", false),
            ("$SYS/#", "$SYS/a", true),
            ("a/#", "a/$SYS", true),
        ] {
            assert_eq!(covers(filter, topic), expected, "{filter} {topic}");
        }
    }

    #[test]
    fn a_shared_filter_has_a_group_and_a_filter() {
        assert_eq!(shared("$share/g/a/b"), Some(("g", "a/b")));
        assert_eq!(shared(&share("g", "a/#")), Some(("g", "a/#")));
        assert_eq!(shared("$sharer/g/a"), None);
        assert_eq!(shared("$share/g"), None);
        for (filter, claims) in [("$share", true), ("$share/g", true), ("$sharer/g/a", false)] {
            assert_eq!(claims_to_be_shared(filter), claims, "{filter}");
        }
    }
}
