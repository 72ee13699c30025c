//! Whether a body is packed. Nothing here unpacks one: a small one could become a large one.

use hyper::HeaderMap;
use hyper::header::CONTENT_ENCODING;

/// The first content coding that is not "as it is" (RFC 9110, 8.4), if there is one.
#[must_use]
pub fn content_coding(headers: &HeaderMap) -> Option<String> {
    let given = headers.get_all(CONTENT_ENCODING).iter();
    let mut codings = given.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let packed = codings.find(|coding| {
        let coding = coding.trim_ascii();
        // Empty elements of a list are to be ignored (RFC 9110, 5.6.1).
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    });
    packed.map(|coding| String::from_utf8_lossy(coding.trim_ascii()).into_owned())
}
