//! Everything that is wrong with a body, by the schema that the API's document has of it.
//!
//! Only what a handler could not take comes here, so that what is well costs nothing. It
//! knows the keywords that the document is made of (`schema::types`), and words them for
//! people; a general validator words them for machines, and tells of a choice only that
//! nothing fitted.

use std::fmt;

use serde_json::Value;

use super::tree::Tree;
use crate::schema::{KEY, LINE, is_key, is_line};

/// The most violations that are told; nobody reads more.
const FOUND_MAX: usize = 100;
/// The longest piece of somebody's input that a message repeats.
const QUOTED_CHARS_MAX: usize = 60;

#[derive(Debug)]
pub(crate) struct Violation {
    /// The JSON pointer (RFC 6901) to the value.
    pub(crate) pointer: String,
    pub(crate) message: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A field that should not be there, or should be.
    Field,
    /// A value of another type.
    Type,
    /// The type is right, the value is not.
    Value,
}

/// Everything in the body that its schema does not allow. `document` is where references lead.
pub(super) fn of(document: &Value, schema: &Value, body: &Tree) -> Vec<Violation> {
    let mut check = Check {
        document,
        found: Vec::new(),
    };
    check.value(schema, body, "");
    check.found
}

struct Check<'a> {
    document: &'a Value,
    found: Vec<Violation>,
}

impl<'a> Check<'a> {
    fn note(&mut self, pointer: &str, message: String, kind: Kind) {
        if self.found.len() < FOUND_MAX {
            self.found.push(Violation {
                pointer: pointer.to_owned(),
                message,
                kind,
            });
        }
    }

    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let reference = schema["$ref"].as_str();
        let target = reference.and_then(|reference| reference.strip_prefix('#'));
        let target = target.and_then(|pointer| self.document.pointer(pointer));
        target.unwrap_or(schema)
    }

    fn value(&mut self, schema: &'a Value, body: &Tree, at: &str) {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["anyOf"].as_array() {
            return self.choice(schema, choices, body, at);
        }
        if !self.has_type(schema, body) {
            let expected = self.describe(schema);
            return self.note(at, format!("expected {expected}, found {body}"), Kind::Type);
        }
        let fits = match body {
            Tree::Text(text) => fits_text(schema, text),
            Tree::Whole(_) | Tree::Number(_) => fits_range(schema, body),
            Tree::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.value(&schema["items"], element, &format!("{at}/{index}"));
                }
                within(schema, "minItems", "maxItems", elements.len())
            }
            Tree::Object(fields) => {
                self.object(schema, fields, at);
                true
            }
            Tree::Null | Tree::Bool(_) => true,
        };
        if !fits {
            let expected = self.describe(schema);
            self.note(
                at,
                format!("expected {expected}, found {body}"),
                Kind::Value,
            );
        }
    }

    /// The choice that fits best says what is wrong; where none has the type, all of them do.
    fn choice(&mut self, schema: &'a Value, choices: &'a [Value], body: &Tree, at: &str) {
        let resolved = choices.iter().map(|choice| self.resolved(choice));
        // Of the wrong type is wrong altogether: its fields would say nothing.
        let alike: Vec<_> = resolved.filter(|c| self.has_type(c, body)).collect();
        let tried = alike.into_iter().map(|choice| {
            let mut check = Check {
                document: self.document,
                found: Vec::new(),
            };
            check.value(choice, body, at);
            check.found
        });
        // The fields say which form was meant, whatever is in them.
        let misfit = |found: &Vec<Violation>| {
            let steps = at.matches('/').count() + 1;
            let own = found
                .iter()
                .filter(|v| v.pointer.matches('/').count() == steps);
            let fields = own
                .filter(|violation| violation.kind == Kind::Field)
                .count();
            (fields, found.len())
        };
        match tried.min_by_key(misfit) {
            Some(found) => {
                for Violation {
                    pointer,
                    message,
                    kind,
                } in found
                {
                    self.note(&pointer, message, kind);
                }
            }
            None => {
                let expected = self.describe(schema);
                self.note(at, format!("expected {expected}, found {body}"), Kind::Type);
            }
        }
    }

    fn object(&mut self, schema: &'a Value, fields: &[(String, Tree)], at: &str) {
        let known = schema["properties"].as_object();
        let is_closed = schema["additionalProperties"] == false;
        for (index, (name, value)) in fields.iter().enumerate() {
            // The order matters: the escape of `/` has a `~` in it (RFC 6901, 3).
            let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            if fields[..index].iter().any(|(before, _)| before == name) {
                self.note(&pointer, "the field is given twice".to_owned(), Kind::Field);
                continue;
            }
            match known.and_then(|known| known.get(name)) {
                Some(schema) => self.value(schema, value, &pointer),
                None if is_closed => {
                    let known = known.into_iter().flatten().map(|(name, _)| name.as_str());
                    let known = known.collect::<Vec<_>>().join(", ");
                    let message = if known.is_empty() {
                        "unknown field; none is known".to_owned()
                    } else {
                        format!("unknown field; known are {known}")
                    };
                    self.note(&pointer, message, Kind::Field);
                }
                None => {}
            }
        }
        // After the given ones, since a misspelt field explains a missing one.
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !fields.iter().any(|(given, _)| given == name) {
                let pointer = format!("{at}/{name}");
                self.note(&pointer, "the field is required".to_owned(), Kind::Field);
            }
        }
    }

    fn has_type(&self, schema: &'a Value, body: &Tree) -> bool {
        let is = |name: &str| match (name, body) {
            ("null", Tree::Null)
            | ("boolean", Tree::Bool(_))
            | ("integer" | "number", Tree::Whole(_))
            | ("number", Tree::Number(_))
            | ("string", Tree::Text(_))
            | ("array", Tree::Array(_))
            | ("object", Tree::Object(_)) => true,
            // JSON Schema's way: a number without a fraction is an integer.
            ("integer", Tree::Number(number)) => number.fract() == 0.0,
            _ => false,
        };
        match &schema["type"] {
            Value::String(name) => is(name),
            Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
            // A choice has no type of its own.
            _ => match schema["anyOf"].as_array() {
                Some(choices) => {
                    let mut choices = choices.iter().map(|choice| self.resolved(choice));
                    choices.any(|choice| self.has_type(choice, body))
                }
                None => true,
            },
        }
    }

    /// What a schema takes, in words of JSON.
    fn describe(&self, schema: &'a Value) -> String {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["anyOf"].as_array() {
            let choices: Vec<_> = choices.iter().map(|choice| self.describe(choice)).collect();
            return choices.join(" or ");
        }
        if let Some(names) = schema["enum"].as_array() {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            return format!("one of {}", names.join(", "));
        }
        let number = |name: &str| Some(&schema[name]).filter(|value| value.is_number());
        let between = |least: Option<&Value>, most: Option<&Value>| match (least, most) {
            (Some(least), Some(most)) => format!(" from {least} to {most}"),
            (Some(least), None) => format!(", {least} or more"),
            (None, Some(most)) => format!(", {most} or less"),
            (None, None) => String::new(),
        };
        let range = between(number("minimum"), number("maximum"));
        match schema["type"].as_str().unwrap_or_default() {
            "integer" if schema["maximum"].is_null() => format!("an integer of 64 bits{range}"),
            "integer" => format!("an integer{range}"),
            "number" => format!("a number{range}"),
            "boolean" => "true or false".to_owned(),
            "null" => "null".to_owned(),
            "array" => match count(schema, "minItems", "maxItems") {
                Some(count) => format!("an array of {count} elements"),
                None => "an array".to_owned(),
            },
            "object" => "an object".to_owned(),
            "string" => describe_text(schema),
            _ => "an object or an array".to_owned(),
        }
    }
}

fn describe_text(schema: &Value) -> String {
    let count = count(schema, "minLength", "maxLength");
    match (schema["pattern"].as_str(), schema["format"].as_str(), count) {
        (Some(KEY), ..) => "a string of 1 to 128 characters of A-Z a-z 0-9 . _ : -".to_owned(),
        (_, Some("date-time"), _) => "a time in RFC 3339, as 2026-02-14T19:30:00Z".to_owned(),
        (Some(LINE), _, Some(count)) => format!(
            "a string of {count} characters without control characters and changes of direction"
        ),
        (_, _, Some(count)) => format!("a string of {count} characters"),
        _ => "a string".to_owned(),
    }
}

fn count(schema: &Value, least: &str, most: &str) -> Option<String> {
    match (schema[least].as_u64().unwrap_or(0), schema[most].as_u64()) {
        (0, None) => None,
        (0, Some(most)) => Some(format!("at most {most}")),
        (least, None) => Some(format!("at least {least}")),
        (least, Some(most)) => Some(format!("{least} to {most}")),
    }
}

fn within(schema: &Value, least: &str, most: &str, found: usize) -> bool {
    let found = found as u64;
    schema[least].as_u64().is_none_or(|least| found >= least)
        && schema[most].as_u64().is_none_or(|most| found <= most)
}

fn fits_text(schema: &Value, text: &str) -> bool {
    let fits_pattern = match schema["pattern"].as_str() {
        Some(KEY) => is_key(text),
        Some(LINE) => is_line(text),
        _ => true,
    };
    let names = schema["enum"].as_array();
    let is_name = names.is_none_or(|names| names.iter().any(|name| name == text));
    // `date` is only used in answers.
    let is_time = schema["format"] != "date-time" || text.parse::<jiff::Timestamp>().is_ok();
    // JSON Schema counts characters, not bytes.
    let fits_length = within(schema, "minLength", "maxLength", text.chars().count());
    fits_pattern && is_name && is_time && fits_length
}

fn fits_range(schema: &Value, body: &Tree) -> bool {
    #[allow(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
    let found = match body {
        Tree::Whole(number) => *number as f64,
        Tree::Number(number) => *number,
        _ => return true,
    };
    // What names no bound takes what 64 bits hold.
    const BITS_64: f64 = 18_446_744_073_709_551_616.0;
    if schema["type"] == "integer" && found.abs() >= BITS_64 {
        return false;
    }
    schema["minimum"]
        .as_f64()
        .is_none_or(|least| found >= least)
        && schema["maximum"].as_f64().is_none_or(|most| found <= most)
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Whole(number) => write!(f, "the number {number}"),
            Self::Number(number) => write!(f, "the number {number}"),
            Self::Array(elements) => write!(f, "an array of {}", elements.len()),
            Self::Object(_) => f.write_str("an object"),
            Self::Text(text) => {
                let mut chars = text.chars();
                let short: String = chars.by_ref().take(QUOTED_CHARS_MAX).collect();
                let dots = if chars.next().is_some() { "…" } else { "" };
                write!(f, "the string {short:?}{dots}")
            }
        }
    }
}
