//! Cookies (RFC 6265): read from a request, and set so that no script and no other site has them.

use axum::http::{HeaderMap, HeaderValue, header};
use pizza_http::Peer;

/// Who has signed in.
pub(crate) const SESSION: Name = Name {
    plain: "pizza_session",
    secured: "__Host-pizza_session",
};
/// When this client has signed in or out last: its sessions from before do not count.
pub(crate) const SINCE: Name = Name {
    plain: "pizza_since",
    secured: "__Host-pizza_since",
};
/// The key of an order's link. It is for one path, so that it cannot be a host's.
pub(crate) const ORDER: Name = Name {
    plain: "pizza_order",
    secured: "__Secure-pizza_order",
};

/// What a cookie is called. Cookies know of no scheme and no port: under one name what is set by TLS
/// would be refused beside what is not, and what is not could be taken for what is. Browsers take
/// the prefixes from TLS alone (RFC 6265bis, 4.1.3).
#[derive(Clone, Copy)]
pub(crate) struct Name {
    plain: &'static str,
    secured: &'static str,
}

impl Name {
    pub(crate) const fn of(self, is_secured: bool) -> &'static str {
        if is_secured { self.secured } else { self.plain }
    }
}

/// A cookie to be set.
pub(crate) struct Cookie<'a> {
    pub(crate) name: Name,
    pub(crate) value: &'a str,
    pub(crate) path: &'a str,
    /// How long it is kept; zero removes it.
    pub(crate) seconds: u64,
    /// Whether it is sent back by TLS only.
    pub(crate) secure: bool,
}

impl Cookie<'_> {
    /// The value of `Set-Cookie`; `None` where something in it is not fit for a header.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let Self {
            name,
            value,
            path,
            seconds,
            ..
        } = self;
        let name = name.of(self.secure);
        let text = format!(
            "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        );
        let mut header = HeaderValue::try_from(text).ok()?;
        // So that it is neither logged nor kept in a table of headers (RFC 7541, 7.1.3).
        header.set_sensitive(true);
        Some(header)
    }
}

/// The value of a cookie that the client sends. A browser sends the one with the longest path
/// first, which is the one that counts.
pub(crate) fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines.flat_map(|line| line.to_str().unwrap_or_default().split(';'));
    pairs.find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

/// Whether the client speaks TLS, with us or with the proxy in front of us.
pub(crate) fn is_secured(peer: Option<&Peer>, headers: &HeaderMap) -> bool {
    let proxied = headers.get("x-forwarded-proto");
    peer.is_some_and(Peer::is_secured)
        || proxied.is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let check = |line: &'static str, expected| {
            let line = HeaderValue::from_static(line);
            let headers = HeaderMap::from_iter([(header::COOKIE, line)]);
            assert_eq!(sent(&headers, "a"), expected);
        };
        check("a=1", Some("1"));
        check("aa=0; a=1; a=2", Some("1"));
        check("b=a=3;a=", Some(""));
        check("ba=3; A=4", None);
        check("a", None);
    }

    #[test]
    fn nothing_that_ends_a_header_is_set() {
        let cookie = |value| Cookie {
            name: ORDER,
            value,
            path: "/",
            seconds: 1,
            secure: true,
        };
        let set = cookie("x").header().expect("fit");
        let expected =
            "__Secure-pizza_order=x; Path=/; Max-Age=1; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(set, expected);
        assert!(cookie("x\r\ny: z").header().is_none());
    }
}
