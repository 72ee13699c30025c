//! Whether somebody handed a request on. What a proxy hands on may come from this machine,
//! but it comes from somebody else.

use hyper::HeaderMap;

/// What proxies, relays and content networks add; beside these, whatever begins with
/// `x-forwarded`.
const ADDED: [&str; 27] = [
    "forwarded",
    "forwarded-for",
    "via",
    "cdn-loop",
    "client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-ray",
    "cf-visitor",
    "fastly-client-ip",
    "fly-client-ip",
    "fly-forwarded-port",
    "proxy-client-ip",
    "wl-proxy-client-ip",
    "x-amzn-trace-id",
    "x-appengine-user-ip",
    "x-azure-clientip",
    "x-azure-socketip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-original-forwarded-for",
    "x-original-host",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-real-ip",
];
const PREFIX: &str = "x-forwarded";

/// Whether a proxy or relay says that it handed this on. One that says nothing cannot be
/// told from a program on this machine.
#[must_use]
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    // The library writes names in lower case, whatever the client has sent.
    let mut names = headers.keys().map(hyper::header::HeaderName::as_str);
    names.any(|name| name.starts_with(PREFIX) || ADDED.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};

    #[test]
    fn whatever_a_proxy_adds_tells_that_it_did() {
        let with = |name: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("localhost"));
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
            is_forwarded(&headers)
        };
        let more = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded"];
        for name in ADDED.into_iter().chain(more) {
            assert!(with(name), "{name}");
        }
        for name in ["accept", "x-request-id", "content-type", "origin"] {
            assert!(!with(name), "{name}");
        }
    }
}
