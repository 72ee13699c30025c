//! What a walk makes of the values that it finds: values, or nothing, where the document is only
//! checked and goes on as it is.

use crate::value::Value;

/// What becomes of the values of a document.
pub(super) trait Make {
    /// Stands for one value.
    type Made;
    /// The values of a record or of arguments, until all are there.
    type Fields: Fields<Self::Made>;

    /// Stands where an error was noted; nobody will see it.
    fn refused() -> Self::Made;
    /// A value that is one token and is not text.
    fn token(value: Value) -> Self::Made;
    fn string(text: &str) -> Self::Made;
    fn list(values: Vec<Self::Made>) -> Self::Made;
    fn tuple(values: Vec<Self::Made>) -> Self::Made;
    fn record(values: Vec<Self::Made>) -> Self::Made;
    fn variant(index: u32, payload: Option<Self::Made>) -> Self::Made;
    fn option(payload: Option<Self::Made>) -> Self::Made;
    fn result(result: Result<Option<Self::Made>, Option<Self::Made>>) -> Self::Made;
    fn flags(set: Vec<u32>) -> Self::Made;
}

/// Which fields of a record have come, in whatever order.
pub(super) trait Fields<T> {
    fn of(count: usize) -> Self;
    fn has(&self, at: usize) -> bool;
    fn put(&mut self, at: usize, value: T);
    fn take(&mut self, at: usize) -> Option<T>;
}

/// Values are made.
pub(super) struct Values;

impl Make for Values {
    type Made = Value;
    type Fields = Vec<Option<Value>>;

    fn refused() -> Value {
        Value::Bool(false)
    }

    fn token(value: Value) -> Value {
        value
    }

    fn string(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn list(values: Vec<Value>) -> Value {
        Value::List(values)
    }

    fn tuple(values: Vec<Value>) -> Value {
        Value::Tuple(values)
    }

    fn record(values: Vec<Value>) -> Value {
        Value::Record(values)
    }

    fn variant(index: u32, payload: Option<Value>) -> Value {
        Value::Variant(index, payload.map(Box::new))
    }

    fn option(payload: Option<Value>) -> Value {
        Value::Option(payload.map(Box::new))
    }

    fn result(result: Result<Option<Value>, Option<Value>>) -> Value {
        let boxed = |payload: Option<Value>| payload.map(Box::new);
        Value::Result(result.map(boxed).map_err(boxed))
    }

    fn flags(set: Vec<u32>) -> Value {
        Value::Flags(set)
    }
}

impl Fields<Value> for Vec<Option<Value>> {
    fn of(count: usize) -> Self {
        vec![None; count]
    }

    fn has(&self, at: usize) -> bool {
        self[at].is_some()
    }

    fn put(&mut self, at: usize, value: Value) {
        self[at] = Some(value);
    }

    fn take(&mut self, at: usize) -> Option<Value> {
        self[at].take()
    }
}

/// Nothing is made. Lists of it take no memory.
pub(super) struct Nothing;

impl Make for Nothing {
    type Made = ();
    type Fields = Seen;

    fn refused() {}
    fn token(_: Value) {}
    fn string(_: &str) {}
    fn list(_: Vec<()>) {}
    fn tuple(_: Vec<()>) {}
    fn record(_: Vec<()>) {}
    fn variant(_: u32, _: Option<()>) {}
    fn option(_: Option<()>) {}
    fn result(_: Result<Option<()>, Option<()>>) {}
    fn flags(_: Vec<u32>) {}
}

/// A bit for each field. Few records have more of them than a word has bits.
pub(super) struct Seen {
    first: u64,
    others: Vec<bool>,
}

const WORD: usize = 64;

impl Fields<()> for Seen {
    fn of(count: usize) -> Self {
        Self {
            first: 0,
            others: vec![false; count.saturating_sub(WORD)],
        }
    }

    fn has(&self, at: usize) -> bool {
        match at.checked_sub(WORD) {
            None => self.first & (1 << at) != 0,
            Some(at) => self.others[at],
        }
    }

    fn put(&mut self, at: usize, (): ()) {
        match at.checked_sub(WORD) {
            None => self.first |= 1 << at,
            Some(at) => self.others[at] = true,
        }
    }

    fn take(&mut self, at: usize) -> Option<()> {
        self.has(at).then_some(())
    }
}
