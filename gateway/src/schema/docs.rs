//! What the docs in a contract say: prose for people, and bounds that actors check by the
//! same lines (`silo-sdk`'s `actor!` reads them too).

use serde_json::{Value, json};

#[path = "../../../actors/sdk-macros/src/bound.rs"]
mod bound;

use bound::{Bound, Docs};

/// The pattern of an actor's key.
pub(crate) const KEY: &str = "^[A-Za-z0-9._:-]{1,128}$";
/// The pattern of a text in which nothing moves the cursor, ends the line or changes the direction.
pub(crate) const LINE: &str = concat!(
    r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029",
    r"\u202a-\u202e\u2066-\u2069]*$"
);

/// Whether a text matches [`KEY`].
pub(crate) fn is_key(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
    (1..=128).contains(&text.len()) && text.bytes().all(legal)
}

/// Whether a text matches [`LINE`].
pub(crate) fn is_line(text: &str) -> bool {
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    !text.chars().any(|c| turns(c) || ends(c))
}

/// Writes down what the docs say of a value: what it is, and what is allowed.
///
/// # Errors
/// When a bound cannot be understood.
pub(super) fn describe(schema: &mut Value, docs: &wit_parser::Docs) -> Result<(), String> {
    let text = docs.contents.as_deref().unwrap_or_default();
    let lines = text.lines().map(str::trim);
    prose(schema, lines.filter(|line| !line.starts_with('@')));
    bound_all(schema, &Docs(text).bounds()?);
    Ok(())
}

/// Like [`describe`], for a parameter of a function.
///
/// # Errors
/// As [`describe`].
pub(super) fn describe_parameter(
    schema: &mut Value,
    docs: &wit_parser::Docs,
    name: &str,
) -> Result<(), String> {
    let text = docs.contents.as_deref().unwrap_or_default();
    let own = text.lines().filter_map(|line| {
        let rest = line.trim().strip_prefix("@param ")?.strip_prefix(name)?;
        rest.strip_prefix(' ').filter(|rest| !rest.starts_with('@'))
    });
    prose(schema, own);
    bound_all(schema, &Docs(text).of_parameter(name)?);
    Ok(())
}

fn prose<'a>(schema: &mut Value, lines: impl Iterator<Item = &'a str>) {
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    if let Some(schema) = schema.as_object_mut().filter(|_| !words.is_empty()) {
        schema.insert("description".to_owned(), words.join(" ").into());
    }
}

fn bound_all(schema: &mut Value, bounds: &[Bound]) {
    // A value that may be null has its bounds when it is not.
    if let Some(value) = schema.pointer_mut("/anyOf/0") {
        return bound_all(value, bounds);
    }
    for bound in bounds {
        match bound {
            Bound::Length(least, most) => {
                schema["minItems"] = json!(least);
                schema["maxItems"] = json!(most);
            }
            _ if schema["type"] == "array" => {
                bound_all(&mut schema["items"], std::slice::from_ref(bound));
            }
            Bound::Range(least, most) => {
                schema["minimum"] = number(least);
                schema["maximum"] = number(most);
            }
            Bound::Key => schema["pattern"] = KEY.into(),
            Bound::Line(least, most) => {
                schema["minLength"] = json!(least);
                schema["maxLength"] = json!(most);
                schema["pattern"] = LINE.into();
            }
        }
    }
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
