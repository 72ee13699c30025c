//! A filter of the table of rights, in which a level may stand for who the client is.

use crate::topic;

/// `pizza/drivers/{subject}/+`, by its levels.
#[derive(Debug)]
pub(super) struct Template(Vec<Level>);

#[derive(Debug)]
enum Level {
    Is(Box<str>),
    Subject,
    Client,
    /// `+`
    One,
    /// `#`, which is the last.
    Rest,
}

/// What the names in braces are for one client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) subject: &'a str,
    pub(super) client: &'a str,
}

impl Template {
    /// # Errors
    /// What is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if topic::filter(text).is_err() || topic::unfit_filter(text).is_some() {
            return Err("is no topic filter: `+` and `#` are whole levels, `#` the last one");
        }
        if topic::shared(text).is_some() {
            return Err("is shared; the right to a filter is the right to share it");
        }
        let level = |level: &str| match level {
            "+" => Ok(Level::One),
            "#" => Ok(Level::Rest),
            "{subject}" => Ok(Level::Subject),
            "{client}" => Ok(Level::Client),
            other if other.contains(['{', '}']) => Err(
                "has braces around something else than `subject` or `client`, or not around a whole level",
            ),
            other => Ok(Level::Is(other.into())),
        };
        Ok(Self(text.split('/').map(level).collect::<Result<_, _>>()?))
    }

    /// Whether every topic that the filter covers is covered by this one too. A topic is a
    /// filter that covers itself. `filter` has to be a valid one.
    pub(super) fn covers(&self, filter: &str, names: Names<'_>) -> bool {
        let mut wanted = filter.split('/');
        for (depth, right) in self.0.iter().enumerate() {
            // MQTT 5, 4.7.2: a wildcard at the beginning does not cover what begins with `$`.
            let is_hidden = depth == 0 && filter.starts_with('$');
            if matches!(right, Level::Rest) {
                // Also where the filter has ended: `a/#` covers `a` (4.7.1.2).
                return !is_hidden;
            }
            let Some(level) = wanted.next() else {
                return false;
            };
            let covered = match right {
                Level::Is(text) => &**text == level,
                Level::Subject => is_literally(names.subject, level),
                Level::Client => is_literally(names.client, level),
                // All topics of `a/+` are in `a/#`, but not the other way round.
                Level::One => level != "#" && !is_hidden,
                Level::Rest => return true,
            };
            if !covered {
                return false;
            }
        }
        wanted.next().is_none()
    }
}

/// Whether the level is this name. A name that is empty or would be more than one topic's
/// level is nobody's: `+` as a subject must not be the right to everybody's topics.
fn is_literally(name: &str, level: &str) -> bool {
    let is_a_level = !name.is_empty() && !name.contains(['+', '#', '/', '\0']);
    is_a_level && name == level
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(right: &str, filter: &str, subject: &str) -> bool {
        let names = Names {
            subject,
            client: "phone",
        };
        let right = Template::parse(right).expect("a right");
        right.covers(filter, names)
    }

    #[test]
    fn a_right_covers_what_is_no_wider_than_it() {
        for (right, filter, expected) in [
            ("a/{subject}/+", "a/me/x", true),
            ("a/{subject}/+", "a/me/+", true),
            ("a/{subject}/+", "a/me", false),
            ("a/{subject}/+", "a/me/x/y", false),
            ("a/{subject}/+", "a/me/#", false),
            ("a/{subject}/+", "a/you/x", false),
            ("a/{subject}/+", "a/+/x", false),
            ("a/{subject}/+", "a/{subject}/x", false),
            ("a/{client}/#", "a/phone", true),
            ("a/{client}/#", "a/phone/#", true),
            ("a/{client}/#", "a/phone/+/b/#", true),
            ("a/{client}/#", "a/#", false),
            ("a/{client}/#", "a/me/x", false),
            ("#", "#", true),
            ("#", "a/+", true),
            ("#", "$SYS/#", false),
            ("+/a", "$SYS/a", false),
            ("$SYS/#", "$SYS/a", true),
            ("$SYS/#", "#", false),
            ("+", "+", true),
            ("+", "#", false),
            ("+", "/", false),
            ("a/+", "a/", true),
            ("a", "+", false),
        ] {
            assert_eq!(covers(right, filter, "me"), expected, "{right} {filter}");
        }
    }

    #[test]
    fn a_subject_that_is_no_level_grants_nothing() {
        for subject in ["", "+", "#", "a/b", "me/+", "+/me", "\0"] {
            let own = format!("a/{subject}/x");
            for filter in [&own, "a/me/x", "a/+/x", "a/#", "a//x", "#"] {
                assert!(!covers("a/{subject}/x", filter, subject), "{filter}");
                assert!(!covers("a/{subject}/#", filter, subject), "{filter}");
            }
        }
    }
}
