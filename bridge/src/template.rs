//! Arguments made of a message's parts.

use serde_json::{Map, Value};

use crate::topic::Named;

/// What a template may refer to.
pub(crate) struct Message<'a> {
    pub(crate) named: &'a Named<'a>,
    pub(crate) payload: &'a Value,
    pub(crate) now_ms: u64,
}

/// The template with its references replaced. `None`: an optional part that is not there.
///
/// # Errors
/// What the message lacks.
pub(crate) fn fill(template: &Value, message: &Message<'_>) -> Result<Option<Value>, String> {
    match template {
        Value::String(text) => refer(text, message),
        Value::Array(parts) => {
            let filled = parts.iter().map(|part| fill(part, message));
            let filled: Result<Vec<_>, _> = filled.collect();
            Ok(Some(filled?.into_iter().flatten().collect()))
        }
        Value::Object(parts) => {
            let mut filled = Map::new();
            for (name, part) in parts {
                if let Some(value) = fill(part, message)? {
                    filled.insert(name.clone(), value);
                }
            }
            // What has nothing of all that it may have, is not there itself.
            let is_there = parts.is_empty() || !filled.is_empty();
            Ok(is_there.then_some(Value::Object(filled)))
        }
        other => Ok(Some(other.clone())),
    }
}

/// `{name}`: a segment of the topic. `$now`: the time of receipt. `$/a/b`: a place in the
/// payload, `$` all of it; of several, parted by `|`, the first that is there; with `?` at
/// the end it may be missing.
fn refer(text: &str, message: &Message<'_>) -> Result<Option<Value>, String> {
    if text == "$now" {
        return Ok(Some(message.now_ms.into()));
    }
    let name = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
    if let Some(name) = name {
        let segment = message.named.iter().find(|(named, _)| *named == name);
        return match segment {
            Some((_, segment)) => Ok(Some((*segment).into())),
            None => Err(format!("the topic has no segment {name:?}")),
        };
    }
    if !text.starts_with('$') {
        return Ok(Some(text.into()));
    }
    let (places, optional) = match text.strip_suffix('?') {
        Some(places) => (places, true),
        None => (text, false),
    };
    let mut found = places.split('|').filter_map(|place| {
        let pointer = place.trim().strip_prefix('$')?;
        message.payload.pointer(pointer)
    });
    match found.next() {
        Some(value) => Ok(Some(value.clone())),
        None if optional => Ok(None),
        None => Err(format!("the payload has nothing at {places}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_replaced() {
        let payload = json!({"a": {"b": 1}, "status": "busy"});
        let named = vec![("id", "7")];
        let message = Message {
            named: &named,
            payload: &payload,
            now_ms: 5,
        };
        let template = json!({
            "key": "{id}", "deep": "$/a/b", "all": ["$"], "either": "$/nothing|$/status",
            "maybe": "$/nothing?", "parts": {"one": "$/nothing?", "two": "$/none?"}, "now": "$now", "text": "as it is", "number": 3,
        });
        let filled = fill(&template, &message).expect("filled").expect("a value");
        let expected = json!({
            "key": "7", "deep": 1, "all": [payload], "either": "busy",
            "now": 5, "text": "as it is", "number": 3,
        });
        assert_eq!(filled, expected);
        let lacks = fill(&json!("$/nothing"), &message).expect_err("it lacks");
        assert!(lacks.contains("$/nothing"), "{lacks}");
        assert!(fill(&json!("{other}"), &message).is_err());
    }
}
