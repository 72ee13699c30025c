//! What each role may do, said once more and in another way than the broker says it: topics by
//! their levels, and a filter by what it would bring.

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) role: &'static str,
    pub(crate) subject: &'static str,
}

/// No name of any topic: what `+` and `#` would bring beside all that is known.
const ANYTHING: &str = "zz";

impl Who {
    /// What it shows as its password; nothing, if it is anonymous.
    pub(crate) fn token(self) -> String {
        match self.role {
            "anonymous" => String::new(),
            role => format!("{role}:{}", self.subject),
        }
    }

    pub(crate) fn may_publish(self, topic: &str) -> bool {
        let levels: Vec<&str> = topic.split('/').collect();
        match (self.role, &levels[..]) {
            ("admin", _) => true,
            ("bridge", _) => is_reserved(&levels),
            ("anonymous", _) => !is_reserved(&levels),
            ("driver", ["pizza", "drivers", whose, _])
            | ("kitchen", ["pizza", "kitchen", whose, _]) => self.is(whose),
            _ => false,
        }
    }

    fn may_read(self, topic: &str) -> bool {
        let levels: Vec<&str> = topic.split('/').collect();
        match (self.role, &levels[..]) {
            ("admin" | "anonymous", _) => true,
            ("bridge", [first, ..]) => !first.starts_with('$'),
            ("driver", ["pizza", "drivers", whose, _])
            | ("kitchen" | "manager", ["pizza", "kitchen", whose, _])
            | ("manager", ["pizza", "restaurants", whose, "orders", _, "events"]) => self.is(whose),
            _ => false,
        }
    }

    /// Whether everything is readable that the filter would bring.
    pub(crate) fn may_subscribe(self, filter: &str) -> bool {
        let filter = match filter.strip_prefix("$share/") {
            Some(rest) => rest.split_once('/').expect("a group and a filter").1,
            None => filter,
        };
        let brings = filter.replace('+', ANYTHING);
        match brings.strip_suffix('#') {
            None => self.may_read(&brings),
            Some(before) => {
                let parent = before.strip_suffix('/').unwrap_or(ANYTHING);
                let below = (1..8).map(|depth| {
                    let levels = vec![ANYTHING; depth].join("/");
                    format!("{before}{levels}")
                });
                self.may_read(parent) && below.into_iter().all(|topic| self.may_read(&topic))
            }
        }
    }

    fn is(self, whose: &str) -> bool {
        // Somebody whose name is a wildcard is nobody.
        !["", "+", "#"].contains(&self.subject) && self.subject == whose
    }
}

fn is_reserved(levels: &[&str]) -> bool {
    matches!(
        levels,
        ["pizza", "orders", _, "events"]
            | ["pizza", "restaurants", _, "orders", _, "events"]
            | ["pizza", "dead-letter"]
    )
}
