//! How large and how deep a body may be.

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use crate::problem::{self, Problem};

/// A document nested deeper than this is nobody's honest request.
const LEVELS_MAX: usize = 32;

pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    // `Content-Length` says it in advance; a client that lies about it is caught below.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Bytes::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(problem::MALFORMED, format!("the body broke off: {error}"))
        })?;
        // Before it is copied, so that nothing larger than the limit is ever held.
        if whole.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        whole = joined(whole, chunk);
    }
    Ok(whole)
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body has more than {limit} bytes");
    Problem::new(problem::TOO_LARGE, detail).member("limitBytes", limit)
}

/// Most bodies come in one piece, which is then not copied.
fn joined(whole: Bytes, chunk: Bytes) -> Bytes {
    if whole.is_empty() {
        return chunk;
    }
    // The buffer is ours alone from the second piece on, and grows in place.
    let mut longer = whole
        .try_into_mut()
        .unwrap_or_else(|shared| BytesMut::from(&shared[..]));
    longer.extend_from_slice(&chunk);
    longer.freeze()
}

/// Counts brackets outside of strings; whether they match is the parser's business.
pub(super) fn check_depth(json: &[u8]) -> Result<(), Problem> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (position, byte) in json.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            // Too many closing brackets are no JSON, which the parser says.
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > LEVELS_MAX {
            let message = format!("nested deeper than {LEVELS_MAX} levels at byte {position}");
            return Err(Problem::invalid("", message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        for (json, legal) in [
            (nested(32), true),
            (nested(33), false),
            (format!("[\"{}\"]", "[".repeat(40)), true),
            (format!("[\"\\\"{}\"]", "[".repeat(40)), true),
            ("[],".repeat(100), true),
            ("[".repeat(1_000_000), false),
        ] {
            assert_eq!(check_depth(json.as_bytes()).is_ok(), legal, "{:.50}", json);
        }
    }
}
