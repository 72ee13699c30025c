//! What was wrong with a value, and where.

use std::fmt;

/// The longest piece of somebody's input that an error repeats, in characters.
const QUOTED_CHARS_MAX: usize = 60;

/// One problem with a document, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// The JSON pointer (RFC 6901) to what is wrong; empty is the whole document.
    pub pointer: String,
    pub problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("not JSON: {0}")]
    Syntax(String),
    #[error("{found} bytes; at most {limit} are allowed")]
    TooLarge { found: usize, limit: usize },
    #[error("nested deeper than {limit} levels")]
    TooDeep { limit: usize },
    #[error("more than {limit} values in all")]
    TooMany { limit: usize },
    #[error("expected {expected}, found {found}")]
    WrongType { expected: String, found: String },
    #[error("{found} is out of range; expected {expected}")]
    OutOfRange { found: String, expected: String },
    #[error("the field is required")]
    Missing,
    #[error("unknown field; known are {known}")]
    UnknownField { known: String },
    #[error("unknown name {found}; known are {known}")]
    UnknownName { found: String, known: String },
    #[error("the field is given twice")]
    Duplicate,
    #[error("not base64: {0}")]
    Base64(String),
    #[error("{found} elements; exactly {expected} are expected")]
    Arity { found: usize, expected: usize },
    #[error("{found} elements; {least} to {most} are expected")]
    ArityRange {
        found: usize,
        least: usize,
        most: usize,
    },
    /// A mistake of the program, not of its input.
    #[error("the value does not fit its type: expected {expected}")]
    Misfit { expected: String },
}

impl ValueError {
    /// A problem with the document as a whole; who knows where it is adds steps.
    #[must_use]
    pub fn new(problem: Problem) -> Self {
        let pointer = String::new();
        Self { pointer, problem }
    }

    /// Adds a step in front: the same problem, seen from one level further out.
    pub(crate) fn push_front(&mut self, step: &str) {
        // The tilde first, or the one that a slash becomes would be escaped again.
        let step = step.replace('~', "~0").replace('/', "~1");
        self.pointer = format!("/{step}{}", self.pointer);
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            write!(f, "{}", self.problem)
        } else {
            write!(f, "at {}: {}", self.pointer, self.problem)
        }
    }
}

impl std::error::Error for ValueError {}

/// Quotes somebody's input, cut so that it is short enough to repeat.
pub(crate) fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let short: String = chars.by_ref().take(QUOTED_CHARS_MAX).collect();
    let dots = if chars.next().is_some() { "…" } else { "" };
    format!("{short:?}{dots}")
}
