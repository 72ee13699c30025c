//! `Idempotency-Key`: the same request sent again happens once and gets the same answer.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use pizza_types::MessageId;

use crate::identity::{Authority, Identity};
use crate::problem::{self, Problem};

const HEADER: &str = "idempotency-key";
const CHARS_MAX: usize = 255;

/// The message id that follows from the request's key; `None` without one.
///
/// A key is a name for one request to one path: two paths may see the same key, and so
/// may two holders of tokens. Reads have none, since asking twice is harmless.
pub(crate) fn message_id(head: &Parts, identity: &Identity) -> Result<Option<MessageId>, Problem> {
    if head.method == Method::GET || head.method == Method::HEAD {
        return Ok(None);
    }
    let Some(key) = key(&head.headers)? else {
        return Ok(None);
    };
    let (method, path) = (head.method.as_str(), head.uri.path());
    // The body is not among them: the same key with another body shall be found out as reuse.
    // Nor is the query, which no command has.
    let mut parts = vec![method.as_bytes(), path.as_bytes(), key];
    match identity.authority() {
        Authority::Everything => {}
        Authority::Own(holder) | Authority::Look(holder) => {
            parts.extend([holder.role.name().as_bytes(), holder.subject.as_bytes()]);
        }
        // No role is called so, and an order has one path.
        Authority::Order(_) => parts.push(b"link"),
        // No role has an empty name, so that nobody's keys are nobody else's.
        Authority::Nothing => parts.push(b""),
    }
    Ok(Some(MessageId::derive("http", &parts)))
}

fn key(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let key = key.as_bytes();
    let legal = (1..=CHARS_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    if !legal || keys.next().is_some() {
        let detail = "an Idempotency-Key is given once and has 1 to 255 visible ASCII characters";
        return Err(Problem::new(problem::MALFORMED, detail));
    }
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, Request};

    fn id(method: &str, path: &str, keys: &[&[u8]]) -> Result<Option<MessageId>, u16> {
        id_of(&Identity::Local, method, path, keys)
    }

    fn id_of(
        identity: &Identity,
        method: &str,
        path: &str,
        keys: &[&[u8]],
    ) -> Result<Option<MessageId>, u16> {
        let request = Request::builder().method(method).uri(path).body(());
        let (mut head, ()) = request.expect("a request").into_parts();
        for key in keys {
            let key = HeaderValue::from_bytes(key).expect("a header");
            head.headers.append(HEADER, key);
        }
        message_id(&head, identity).map_err(|problem| problem.kind().status.as_u16())
    }

    #[test]
    fn a_key_names_one_request_to_one_path() {
        let first = MessageId::derive("http", &[b"POST", b"/api/orders", b"k"]);
        assert_eq!(id("POST", "/api/orders?x=1", &[b"k"]), Ok(Some(first)));
        for (method, path, key) in [
            ("PUT", "/api/orders", "k"),
            ("POST", "/api/other", "k"),
            ("POST", "/api/orders", "K"),
        ] {
            let other = id(method, path, &[key.as_bytes()]).expect("legal");
            assert_ne!(other, Some(first), "{method} {path} {key}");
        }
        assert_eq!(id("GET", "/", &[b"k"]), Ok(None));
        assert_eq!(id("POST", "/", &[]), Ok(None));
    }

    #[test]
    fn a_visitors_key_is_not_that_of_somebody_who_may_do_everything() {
        let of = |identity| id_of(&identity, "POST", "/api/orders", &[b"k"]);
        assert_ne!(of(Identity::Nobody), of(Identity::Local));
    }

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        let (longest, longer) = ([b'k'; 255], [b'k'; 256]);
        assert!(id("POST", "/", &[&longest]).is_ok());
        let twice: &[&[u8]] = &[b"a", b"b"];
        for keys in [&[&longer[..]], &[&b""[..]], &[b"a b"], &[b"k\xe4se"], twice] {
            assert_eq!(id("POST", "/", keys), Err(400), "{keys:?}");
        }
    }
}
