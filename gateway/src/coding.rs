//! The content coding of an answer: which of those that there are its client likes best
//! (RFC 9110, 12.5.3), and answers that are packed on their way out.

use std::io::Write as _;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

/// JSON up to this size is sent as it is: it fits into a few packets in any case.
const PLAIN_BYTES_MAX: u64 = 4 << 10;
/// What somebody may have asked for that differs by the request's `Accept-Encoding`.
const VARY: HeaderValue = HeaderValue::from_static("accept-encoding");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    /// The one that the client likes best, of those that there are; of several the smallest.
    pub(crate) fn chosen(headers: &HeaderMap, has_brotli: bool, has_gzip: bool) -> Self {
        let mut best = (Self::Identity, weight(headers, "identity").unwrap_or(1));
        // From the largest to the smallest, each of which wins where it is liked as much.
        for (coding, name, is_there) in [
            (Self::Gzip, "gzip", has_gzip),
            (Self::Brotli, "br", has_brotli),
        ] {
            let weight = weight(headers, name).unwrap_or(0);
            if is_there && weight > 0 && weight >= best.1 {
                best = (coding, weight);
            }
        }
        // Where nothing at all is liked, something is better than an error (RFC 9110, 12.5.3).
        best.0
    }

    /// The value of `Content-Encoding`.
    pub(crate) fn name(self) -> Option<HeaderValue> {
        match self {
            Self::Brotli => Some(HeaderValue::from_static("br")),
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Identity => None,
        }
    }
}

/// How much the client likes a coding, in thousandths; `None` for one that it does not speak of.
fn weight(headers: &HeaderMap, coding: &str) -> Option<u32> {
    let mut any = None;
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        for entry in value.to_str().unwrap_or_default().split(',') {
            let (name, parameter) = entry.split_once(';').unwrap_or((entry, ""));
            let parameter = parameter.trim().to_ascii_lowercase();
            let weight = parameter.strip_prefix("q=").map_or(1_000, thousandths);
            let name = name.trim();
            if name.eq_ignore_ascii_case(coding) {
                return Some(weight);
            }
            if name == "*" {
                any = Some(weight);
            }
        }
    }
    any
}

/// A weight has three digits after the point at most (RFC 9110, 12.4.2). What is none is nothing.
fn thousandths(text: &str) -> u32 {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    match whole {
        "1" => 1_000,
        "0" if rest.len() <= 3 => format!("{rest:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

/// Notes that an answer depends on what its client takes.
pub(crate) fn varies(headers: &mut HeaderMap) {
    headers.append(header::VARY, VARY);
}

/// Packs answers in JSON that are worth it. Streams are none of them, and neither is what has an
/// entity tag: another form would need another one.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let coding = Coding::chosen(request.headers(), false, true);
    let is_head = request.method() == Method::HEAD;
    let mut response = next.run(request).await;
    if !is_worth_it(&response) {
        return response;
    }
    varies(response.headers_mut());
    if coding != Coding::Gzip || is_head {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // It is there already, as a whole: its size was known.
    let Ok(plain) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(head, Body::empty());
    };
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
    // Nothing fails that is written to memory; if it did, the answer would go as it is.
    let Ok(packed) = packed else {
        return Response::from_parts(head, Body::from(plain));
    };
    head.headers.remove(header::CONTENT_LENGTH);
    if let Some(name) = coding.name() {
        head.headers.insert(header::CONTENT_ENCODING, name);
    }
    Response::from_parts(head, Body::from(packed))
}

fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let content_type = headers.get(header::CONTENT_TYPE);
    let is_json = content_type.is_some_and(|of| of == "application/json");
    let size = response.body().size_hint().exact();
    is_json
        && !headers.contains_key(header::ETAG)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && size.is_some_and(|size| size > PLAIN_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coding_is_the_one_that_the_client_likes_best() {
        let check = |accepted: Option<&'static str>, expected| {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            }
            let chosen = Coding::chosen(&headers, true, true);
            assert_eq!(chosen, expected, "{accepted:?}");
        };
        check(None, Coding::Identity);
        check(Some(""), Coding::Identity);
        check(Some("gzip, deflate, br, zstd"), Coding::Brotli);
        check(Some("gzip, deflate"), Coding::Gzip);
        check(Some("GZIP;Q=0.5, br;q=0.1"), Coding::Gzip);
        check(Some("br;q=0, gzip;q=0"), Coding::Identity);
        check(Some("*"), Coding::Brotli);
        check(Some("*;q=0"), Coding::Identity);
        check(Some("identity, gzip;q=0.5"), Coding::Identity);
        check(Some("deflate"), Coding::Identity);
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("br, gzip"),
        );
        assert_eq!(Coding::chosen(&headers, false, true), Coding::Gzip);
        assert_eq!(Coding::chosen(&headers, false, false), Coding::Identity);
    }
}
