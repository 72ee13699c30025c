//! Where a client wants to go on.

use axum::http::{HeaderMap, HeaderValue, Uri};

use crate::problem::{self, Problem};

const HEADER: &str = "last-event-id";
pub(crate) const PARAMETER: &str = "lastEventId";

/// Behind the position of the last event, in the id of the end. Without it, a client
/// that lost the connection right before the end could not be told from one that has seen it.
const AT_END: &str = ".end";

/// What a client may send: the id of an event, or nothing.
pub(crate) const PATTERN: &str = r"^([0-9]{1,19}(\.end)?)?$";

/// What a client has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// The position after which to go on; 0 is the beginning.
    pub(crate) after: u64,
    /// The client was told that nothing follows.
    pub(crate) at_end: bool,
}

/// The id of the end of a stream whose last event is at this position.
pub(crate) fn at_end(position: u64) -> String {
    format!("{position}{AT_END}")
}

/// Where to go on; `None` for a client that comes for the first time. What the browser sends
/// by itself when it reconnects is newer than the address of the page.
///
/// # Errors
/// When one of the two is no id of an event.
pub(crate) fn requested(uri: &Uri, headers: &HeaderMap) -> Result<Option<Position>, Problem> {
    let header = headers.get(HEADER).map(HeaderValue::as_bytes);
    let parameter = uri.query().unwrap_or_default().split('&').find_map(|pair| {
        // Digits, a dot and letters need no decoding, and anything that does is refused below.
        let (name, value) = pair.split_once('=')?;
        (name == PARAMETER).then_some(value.as_bytes())
    });
    let (header, parameter) = (position(header)?, position(parameter)?);
    Ok(header.or(parameter))
}

fn position(text: Option<&[u8]>) -> Result<Option<Position>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(text).unwrap_or_default();
    let number = text.strip_suffix(AT_END);
    let at_end = number.is_some();
    let number = number.unwrap_or(text);
    // `parse` alone would take a plus sign.
    let digits = Some(number).filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
    let after = digits.and_then(|digits| digits.parse().ok());
    let position = after.map(|after| Position { after, at_end });
    position.map(Some).ok_or_else(|| {
        let detail = "Last-Event-ID must be the id of an event of this stream, as 17 or 17.end";
        Problem::new(problem::MALFORMED, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_counts_before_the_query() {
        let after = |after| Some(Some((after, false)));
        for (query, header, expected) in [
            ("", None, Some(None)),
            ("?lastEventId=0", None, after(0)),
            ("?lastEventId=7", None, after(7)),
            ("?lastEventId=7.end", None, Some(Some((7, true)))),
            ("?x=1&lastEventId=7", Some("9"), after(9)),
            ("?lastEventId=7", Some("9.end"), Some(Some((9, true)))),
            ("?lastEventId=", Some(""), Some(None)),
            ("?lastEventId=7", Some(""), after(7)),
            ("?lastEventId=x", Some("9"), None),
            ("?lastEventId=-1", None, None),
            ("?lastEventId=+7", None, None),
            ("", Some("last"), None),
            ("", Some(".end"), None),
            ("", Some("18446744073709551616"), None),
        ] {
            let uri: Uri = format!("/track{query}").parse().expect("uri");
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert(HEADER, value.parse().expect("header"));
            }
            let found = requested(&uri, &headers).ok();
            let found = found.map(|found| found.map(|p| (p.after, p.at_end)));
            assert_eq!(found, expected, "{query} {header:?}");
        }
    }
}
