//! Topics with names for their segments.

use pizza_mqtt::topic::covers;

/// A topic whose segments may have names: `pizza/drivers/{driverId}/location`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Is(String),
    Named(String),
}

/// A topic's named segments: name and text.
pub(crate) type Named<'a> = Vec<(&'a str, &'a str)>;

impl Pattern {
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let segments = text.split('/').map(|part| {
            let named = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
            match named {
                Some(name) if !name.is_empty() => Ok(Segment::Named(name.to_owned())),
                // Brokers take empty segments; in a configuration one is a slip.
                _ if part.is_empty() => Err(format!("{text:?} has an empty segment")),
                _ if part.contains(['+', '#', '{', '}', '\0']) => Err(format!(
                    "{part:?} in {text:?} is neither a text nor a name in braces"
                )),
                _ => Ok(Segment::Is(part.to_owned())),
            }
        });
        Ok(Self(segments.collect::<Result<_, _>>()?))
    }

    /// What to subscribe to.
    pub(crate) fn filter(&self) -> String {
        let parts = self.0.iter().map(|segment| match segment {
            Segment::Is(text) => text.as_str(),
            Segment::Named(_) => "+",
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// The named segments of a topic that is of this pattern; `None` for others.
    pub(crate) fn matches<'a>(&'a self, topic: &'a str) -> Option<Named<'a>> {
        let mut parts = topic.split('/');
        let mut named = Vec::new();
        for segment in &self.0 {
            let part = parts.next()?;
            match segment {
                Segment::Is(text) if text == part => {}
                Segment::Is(_) => return None,
                // Also an empty one, as `+` does: the actor's key is checked afterwards.
                Segment::Named(name) => named.push((name.as_str(), part)),
            }
        }
        parts.next().is_none().then_some(named)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Is(_) => None,
            Segment::Named(name) => Some(name.as_str()),
        })
    }
}

/// The wider filters, and of the patterns' those that none of them covers: brokers may deliver
/// a message once for each subscription that it matches (MQTT 5, 3.3.4).
pub(crate) fn subscriptions(patterns: &[&Pattern], wider: &[String]) -> Vec<String> {
    let mut filters = wider.to_vec();
    for pattern in patterns {
        let filter = pattern.filter();
        if !filters.iter().any(|wide| covers(wide, &filter)) {
            filters.push(filter);
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_segments_are_found() {
        let pattern = Pattern::parse("pizza/{a}/x/{b}").expect("a pattern");
        assert_eq!(pattern.filter(), "pizza/+/x/+");
        let named = pattern.matches("pizza/1/x/2").expect("it matches");
        assert_eq!(named, [("a", "1"), ("b", "2")]);
        for other in [
            "pizza/1/x",
            "pizza/1/x/2/3",
            "pizza/1/y/2",
            "",
            "Pizza/1/x/2",
        ] {
            assert_eq!(pattern.matches(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in ["", "a//b", "a/+/b", "a/#", "a/{}", "a/{b", "a/x{b}"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_covered_is_not_subscribed_to_again() {
        let inside = Pattern::parse("pizza/drivers/{id}/location").expect("a pattern");
        let outside = Pattern::parse("pizza/shop/{id}").expect("a pattern");
        let filters = subscriptions(&[&inside, &outside], &["pizza/drivers/#".to_owned()]);
        assert_eq!(filters, ["pizza/drivers/#", "pizza/shop/+"]);
    }
}
