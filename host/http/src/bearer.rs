//! Bearer tokens (RFC 6750).

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

/// The token of the `Authorization` header; `None` without the header, or where it is of
/// another scheme. The scheme is written in any case (RFC 9110, 11.1).
#[must_use]
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    // An empty token is none: a list of tokens by mistake may have one.
    let token = Some(token.trim()).filter(|token| !token.is_empty());
    token.filter(|_| scheme.eq_ignore_ascii_case("bearer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_one() {
        for (given, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer   abc ", Some("abc")),
            ("BEARER a b", Some("a b")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic abc", None),
            ("abc", None),
        ] {
            let value = given.parse().expect("a header");
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
            assert_eq!(bearer_token(&headers), expected, "{given:?}");
        }
        assert_eq!(bearer_token(&HeaderMap::new()), None);
    }
}
