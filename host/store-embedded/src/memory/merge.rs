//! One walk over several sources, where a row of an earlier source hides that of a later one.

use std::collections::VecDeque;
use std::sync::Arc;

use fjall::Slice;
use pizza_store::StoreError;

use super::layer::{Found, Layer, Walk};

/// The rows of a layer.
pub(super) struct Rows {
    layer: Arc<Layer>,
    walk: Walk,
    next: VecDeque<Found>,
}

impl Rows {
    pub(super) fn new(layer: &Arc<Layer>, walk: Walk) -> Self {
        Self {
            layer: Arc::clone(layer),
            walk,
            next: VecDeque::new(),
        }
    }

    fn peek(&mut self) -> Option<&Found> {
        if self.next.is_empty() {
            self.next = self.walk.next(&self.layer).into();
        }
        self.next.front()
    }
}

impl Iterator for Rows {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        self.peek()?;
        self.next.pop_front()
    }
}

/// The rows of layers, newest first, over those of the database.
pub(super) struct Merge<B: Iterator> {
    layers: Vec<Rows>,
    base: std::iter::Peekable<B>,
    /// Whether all of them go from the highest key down.
    backwards: bool,
}

impl<B: Iterator<Item = Result<(Slice, Slice), StoreError>>> Merge<B> {
    pub(super) fn new(layers: Vec<Rows>, base: B) -> Self {
        Self {
            layers,
            base: base.peekable(),
            backwards: false,
        }
    }

    /// The same of sources that go from the highest key down.
    pub(super) fn backwards(layers: Vec<Rows>, base: B) -> Self {
        Self {
            backwards: true,
            ..Self::new(layers, base)
        }
    }

    /// The next row with whatever hides it, removed rows among them.
    fn step(&mut self) -> Option<Result<Found, StoreError>> {
        // Not compared with the others: it has no key.
        if let Some(Err(_)) = self.base.peek() {
            return self
                .base
                .next()
                .map(|row| row.map(|(key, value)| (key, Some(value))));
        }
        let backwards = self.backwards;
        let before = |a: Slice, b: Slice| if backwards { a.max(b) } else { a.min(b) };
        let mut next: Option<Slice> = None;
        for layer in &mut self.layers {
            let key = layer.peek().map(|(key, _)| key);
            next = next.into_iter().chain(key.cloned()).reduce(before);
        }
        let base = self.base.peek().and_then(|row| row.as_ref().ok());
        let base = base.map(|(key, _)| key.clone());
        let next = next.into_iter().chain(base).reduce(before)?;
        let mut found = None;
        for layer in &mut self.layers {
            if layer.peek().is_some_and(|(key, _)| *key == next) {
                let row = layer.next();
                found = found.or(row);
            }
        }
        let in_base = |row: &Result<(Slice, Slice), StoreError>| {
            row.as_ref().is_ok_and(|(key, _)| *key == next)
        };
        let base = self.base.next_if(in_base);
        found.map(Ok).or_else(|| {
            let (key, value) = base?.ok()?;
            Some(Ok((key, Some(value))))
        })
    }
}

impl<B: Iterator<Item = Result<(Slice, Slice), StoreError>>> Iterator for Merge<B> {
    type Item = Result<(Slice, Slice), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step()? {
                Ok((key, Some(value))) => return Some(Ok((key, value))),
                // Removed: as if it had never been there.
                Ok((_, None)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
