//! Where a client wants to go on.

use axum::http::{HeaderMap, Uri};

use crate::problem::{self, Problem};

const HEADER: &str = "last-event-id";
const PARAMETER: &str = "lastEventId";

/// The position after which to go on; 0 is the beginning. What the browser sends by
/// itself when it reconnects is newer than the address of the page.
pub(crate) fn asked(uri: &Uri, headers: &HeaderMap) -> Result<u64, Problem> {
    let header = headers.get(HEADER).map(|value| value.as_bytes());
    let parameter = uri.query().unwrap_or_default().split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == PARAMETER).then_some(value.as_bytes())
    });
    let text = header.or(parameter).unwrap_or_default();
    if text.is_empty() {
        return Ok(0);
    }
    let number = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    number.ok_or_else(|| {
        let detail = "Last-Event-ID must be the id of an event of this stream: a number";
        Problem::new(problem::MALFORMED, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_counts_before_the_query() {
        for (query, header, expected) in [
            ("", None, Some(0)),
            ("?lastEventId=7", None, Some(7)),
            ("?x=1&lastEventId=7", Some("9"), Some(9)),
            ("?lastEventId=", Some(""), Some(0)),
            ("?lastEventId=-1", None, None),
            ("", Some("last"), None),
            ("", Some("18446744073709551616"), None),
        ] {
            let uri: Uri = format!("/track{query}").parse().expect("uri");
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert(HEADER, value.parse().expect("header"));
            }
            assert_eq!(asked(&uri, &headers).ok(), expected, "{query} {header:?}");
        }
    }
}
