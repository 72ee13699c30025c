//! Arguments made of a message's parts.

use serde_json::{Map, Value};

use crate::topic::Named;

/// What a template may refer to.
pub(crate) struct Context<'a> {
    pub(crate) named: &'a Named<'a>,
    pub(crate) payload: &'a Value,
    pub(crate) now_ms: u64,
}

/// The template with its references replaced; `None` where it is an optional part that the
/// message does not have.
///
/// # Errors
/// What the message lacks.
pub(crate) fn fill(template: &Value, context: &Context<'_>) -> Result<Option<Value>, String> {
    match template {
        Value::String(text) => refer(text, context),
        Value::Array(parts) => {
            let filled = parts.iter().map(|part| fill(part, context));
            let filled: Result<Vec<_>, _> = filled.collect();
            // Optional parts that are not there are left out, so the others move up.
            Ok(Some(filled?.into_iter().flatten().collect()))
        }
        Value::Object(parts) => {
            let mut filled = Map::new();
            for (name, part) in parts {
                if let Some(value) = fill(part, context)? {
                    filled.insert(name.clone(), value);
                }
            }
            // An object of optional parts of which none is there is not there itself: an actor
            // takes no motion for a motion without speed, heading and accuracy.
            let is_there = parts.is_empty() || !filled.is_empty();
            Ok(is_there.then_some(Value::Object(filled)))
        }
        other => Ok(Some(other.clone())),
    }
}

/// What a string of a template stands for:
///
/// - `{name}`: a segment of the topic
/// - `$now`: the time of receipt, in milliseconds since the Unix epoch
/// - `$/a/b`: what the JSON pointer `/a/b` finds in the payload; `$` is all of it
/// - `$/a|$/b`: the first of them that is there
/// - with `?` at the end it may be missing
/// - anything else: itself
fn refer(text: &str, context: &Context<'_>) -> Result<Option<Value>, String> {
    if text == "$now" {
        return Ok(Some(context.now_ms.into()));
    }
    let name = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
    if let Some(name) = name {
        let segment = context.named.iter().find(|(named, _)| *named == name);
        return match segment {
            Some((_, segment)) => Ok(Some((*segment).into())),
            None => Err(format!("the topic has no segment {name:?}")),
        };
    }
    // A text that is meant to begin with a dollar sign cannot be written; none has been needed.
    if !text.starts_with('$') {
        return Ok(Some(text.into()));
    }
    let (pointers, optional) = match text.strip_suffix('?') {
        Some(pointers) => (pointers, true),
        None => (text, false),
    };
    let mut found = pointers.split('|').filter_map(|pointer| {
        let pointer = pointer.trim().strip_prefix('$')?;
        context.payload.pointer(pointer)
    });
    match found.next() {
        Some(value) => Ok(Some(value.clone())),
        None if optional => Ok(None),
        None => Err(format!("the payload has nothing at {pointers}")),
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
        let context = Context {
            named: &named,
            payload: &payload,
            now_ms: 5,
        };
        let template = json!({
            "key": "{id}", "deep": "$/a/b", "all": ["$"], "either": "$/nothing|$/status",
            "maybe": "$/nothing?", "parts": {"one": "$/nothing?", "two": "$/none?"}, "now": "$now", "text": "as it is", "number": 3,
        });
        let filled = fill(&template, &context).expect("filled").expect("a value");
        let expected = json!({
            "key": "7", "deep": 1, "all": [payload], "either": "busy",
            "now": 5, "text": "as it is", "number": 3,
        });
        assert_eq!(filled, expected);
        let lacks = fill(&json!("$/nothing"), &context).expect_err("it lacks");
        assert!(lacks.contains("$/nothing"), "{lacks}");
        assert!(fill(&json!("{other}"), &context).is_err());
    }
}
