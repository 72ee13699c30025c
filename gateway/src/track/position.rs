//! Where a client wants to go on.

use axum::http::{HeaderMap, HeaderValue, Uri};

use crate::problem::{self, Problem};

const HEADER: &str = "last-event-id";
const PARAMETER: &str = "lastEventId";

/// The position after which to go on; 0 is the beginning. What the browser sends by
/// itself when it reconnects is newer than the address of the page.
pub(crate) fn asked(uri: &Uri, headers: &HeaderMap) -> Result<u64, Problem> {
    let header = headers.get(HEADER).map(HeaderValue::as_bytes);
    let parameter = uri.query().unwrap_or_default().split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == PARAMETER).then_some(value.as_bytes())
    });
    let (header, parameter) = (position(header)?, position(parameter)?);
    Ok(header.or(parameter).unwrap_or(0))
}

fn position(text: Option<&[u8]>) -> Result<Option<u64>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let number = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    number.map(Some).ok_or_else(|| {
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
            ("?lastEventId=7", Some(""), Some(7)),
            ("?lastEventId=x", Some("9"), None),
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
