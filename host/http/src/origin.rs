//! The origin of a web page (RFC 6454), as browsers write it.

use std::fmt;

use hyper::http::uri::Authority;
use serde::Deserialize;

/// An origin: scheme, host and port, in lower case and without the port that the scheme has anyway.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no origin of a web page: it takes a scheme and a host without a path, like \
     \"https://pizza.example\" or \"http://localhost:3000\""
)]
pub struct NoOrigin(String);

impl TryFrom<String> for Origin {
    type Error = NoOrigin;

    fn try_from(text: String) -> Result<Self, NoOrigin> {
        Self::parse(&text).ok_or(NoOrigin(text))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Origin {
    /// Reads an origin. `None` also for `null`, which pages without an origin of their own send.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let default_port = match scheme.to_ascii_lowercase().as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => return None,
        };
        // A user name and a wildcard are legal in an authority, and in no origin.
        if rest.contains(['@', '*']) {
            return None;
        }
        let authority: Authority = rest.parse().ok()?;
        let whole = text.to_ascii_lowercase();
        let has_port = authority.port().is_some();
        // A colon without a number.
        if !has_port && !authority.as_str().ends_with(authority.host()) {
            return None;
        }
        let short = whole.strip_suffix(default_port).filter(|_| has_port);
        Some(Self(short.unwrap_or(&whole).to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a page of this origin came from where it asks now. The scheme is not looked
    /// at: TLS may end before us.
    pub(crate) fn is_at(&self, host: &Authority) -> bool {
        let Some((scheme, mine)) = self.0.split_once("://") else {
            return false;
        };
        let asked = host.as_str().to_ascii_lowercase();
        let default_port = if scheme == "http" { ":80" } else { ":443" };
        let short = asked.strip_suffix(default_port);
        short.filter(|_| host.port().is_some()).unwrap_or(&asked) == mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_in_one_way() {
        for (text, origin) in [
            ("https://Pizza.example", Some("https://pizza.example")),
            ("https://pizza.example:443", Some("https://pizza.example")),
            ("http://pizza.example:443", Some("http://pizza.example:443")),
            ("http://[::1]:5000", Some("http://[::1]:5000")),
            ("http://[::80]", Some("http://[::80]")),
            ("null", None),
            ("*", None),
            ("https://*.example", None),
            ("https://pizza.example/", None),
            ("https://me@pizza.example", None),
            ("https://pizza.example:", None),
            ("pizza.example", None),
            ("file://", None),
            ("chrome-extension://abc", None),
        ] {
            let parsed = Origin::parse(text);
            assert_eq!(parsed.as_ref().map(Origin::as_str), origin, "{text}");
        }
    }

    #[test]
    fn a_page_is_at_home_where_it_came_from() {
        let check = |origin: &str, host: &str, expected: bool| {
            let origin = Origin::parse(origin).expect("an origin");
            let host = host.parse().expect("a host");
            assert_eq!(origin.is_at(&host), expected, "{origin} at {host}");
        };
        check("http://localhost:5000", "localhost:5000", true);
        check("http://localhost:5000", "LocalHost:5000", true);
        check("https://pizza.example", "pizza.example", true);
        check("https://pizza.example", "pizza.example:443", true);
        check("http://localhost", "localhost:80", true);
        check("http://[::80]", "[::80]", true);
        check("http://localhost:5000", "localhost:5001", false);
        check("http://localhost", "localhost:443", false);
        check("http://localhost:5000", "127.0.0.1:5000", false);
        check("http://evil.example", "localhost", false);
    }
}
