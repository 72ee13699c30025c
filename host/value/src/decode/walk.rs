//! What one pass over a document keeps in mind: its bounds, and what was wrong so far.

use std::cell::{Cell, RefCell};
use std::fmt;

use crate::error::{Problem, ValueError};
use crate::ty::Type;

/// Bounds on a document, whatever its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of the document.
    pub bytes_max: usize,
    /// How deep values may lie inside each other.
    pub depth_max: usize,
    /// The most values of all kinds together.
    pub items_max: usize,
    /// Whether fields that a record does not have are passed over: whoever reads a reply need not
    /// know all that a newer module tells. Everywhere else they are mistakes.
    pub extra_fields: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 1 << 20,
            // Deeper than any type may be (32 levels), far below what the parser's stack can
            // take.
            depth_max: 48,
            // A value takes more memory than the two bytes that it needs in a document: this
            // bounds the ratio.
            items_max: 100_000,
            extra_fields: false,
        }
    }
}

/// What one pass over a document keeps in mind.
pub(super) struct Walk<'l> {
    limits: &'l Limits,
    items: Cell<usize>,
    depth: Cell<usize>,
    errors: RefCell<Vec<ValueError>>,
    /// The number of errors, apart from the list because it is asked for at every value.
    noted: Cell<usize>,
    /// Whether the walk ended by an error of its own, and not because the bytes are no JSON.
    ended: Cell<bool>,
    found: Cell<Found>,
}

/// What a document that was only checked turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether numbers are numbers, whole ones without a point, and names of cases spelled as
    /// JSON spells them: what a reader takes who knows one spelling of each value only.
    pub plain: bool,
    /// Whether the whole is a `result`, and `err`.
    pub declined: bool,
}

/// The most errors that are reported: nobody reads more, and an answer must not be larger than
/// the document.
const ERRORS_MAX: usize = 100;

impl<'l> Walk<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            items: Cell::new(0),
            depth: Cell::new(0),
            errors: RefCell::new(Vec::new()),
            noted: Cell::new(0),
            ended: Cell::new(false),
            found: Cell::new(Found {
                plain: true,
                declined: false,
            }),
        }
    }

    pub(super) fn found(&self) -> Found {
        self.found.get()
    }

    pub(super) fn passes_over_extra_fields(&self) -> bool {
        self.limits.extra_fields
    }

    /// Something is spelled in another way than the first that comes to mind.
    pub(super) fn note_spelling(&self) {
        let plain = false;
        self.found.set(Found {
            plain,
            ..self.found.get()
        });
    }

    /// A `result` was `err`; of the outermost one it is kept in mind.
    pub(super) fn note_err(&self) {
        if self.depth.get() == 1 {
            let declined = true;
            self.found.set(Found {
                declined,
                ..self.found.get()
            });
        }
    }

    /// A value begins: the walk goes one level down.
    ///
    /// # Errors
    /// When there are too many of them, or they are nested too deeply.
    pub(super) fn enter<E: serde::de::Error>(&self) -> Result<(), E> {
        let items = self.items.get() + 1;
        self.items.set(items);
        if items > self.limits.items_max {
            let limit = self.limits.items_max;
            return Err(self.fail(Problem::TooMany { limit }));
        }
        let depth = self.depth.get() + 1;
        if depth > self.limits.depth_max {
            let limit = self.limits.depth_max;
            return Err(self.fail(Problem::TooDeep { limit }));
        }
        self.depth.set(depth);
        Ok(())
    }

    /// The value has ended.
    pub(super) fn leave(&self) {
        debug_assert!(self.depth.get() > 0, "nothing was entered");
        self.depth.set(self.depth.get() - 1);
    }

    /// All that was wrong, and whether the walk ended by that: if not, the bytes may be no JSON.
    pub(super) fn take_errors(&self) -> (Vec<ValueError>, bool) {
        (self.errors.take(), self.ended.get())
    }

    /// Notes an error that ends the walk, and gives serde one of its own to carry outwards.
    pub(super) fn fail<E: serde::de::Error>(&self, problem: Problem) -> E {
        let mut errors = self.errors.borrow_mut();
        errors.push(ValueError::new(problem));
        self.noted.set(errors.len());
        self.ended.set(true);
        E::custom("noted")
    }

    /// Notes an error, and goes on: nobody will see the value.
    pub(super) fn note<E: serde::de::Error>(&self, problem: Problem) -> Result<(), E> {
        // The last one that is reported ends the walk.
        if self.noted.get() + 1 >= ERRORS_MAX {
            return Err(self.fail(problem));
        }
        let mut errors = self.errors.borrow_mut();
        errors.push(ValueError::new(problem));
        self.noted.set(errors.len());
        Ok(())
    }

    pub(super) fn noted(&self) -> usize {
        self.noted.get()
    }

    /// Adds the step to the pointers of the errors noted since there were `before`.
    pub(super) fn step<T, E>(
        &self,
        before: usize,
        result: Result<T, E>,
        step: impl FnOnce() -> String,
    ) -> Result<T, E> {
        // Steps are added from the inside out, so each goes to the front of the pointer.
        if self.noted.get() > before {
            let step = step();
            for error in self.errors.borrow_mut().iter_mut().skip(before) {
                error.push_front(&step);
            }
        }
        result
    }

    /// Notes an error about what is one step further in, and goes on.
    pub(super) fn note_at<E: serde::de::Error>(
        &self,
        problem: Problem,
        step: &str,
    ) -> Result<(), E> {
        let before = self.noted();
        let noted = self.note(problem);
        self.step(before, noted, || step.to_owned())
    }

    pub(super) fn wrong_type<E: serde::de::Error>(
        &self,
        ty: &Type,
        found: impl fmt::Display,
    ) -> Result<(), E> {
        self.note(Problem::WrongType {
            expected: ty.describe().to_owned(),
            found: found.to_string(),
        })
    }
}
