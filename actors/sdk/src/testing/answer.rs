//! What other actors say in a test.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::calls::CallFailure;

/// The answer of another actor.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Reply(Value),
    Failure(CallFailure),
}

/// The target returns a `result`, and it is well.
pub fn ok(value: impl Serialize) -> Answer {
    Answer::Reply(json!({ "ok": value }))
}

/// The target returns a `result`, and declines.
pub fn refused(refusal: impl Serialize) -> Answer {
    Answer::Reply(json!({ "err": refusal }))
}

/// The target returns no `result`, just this.
pub fn plain(value: impl Serialize) -> Answer {
    Answer::Reply(json!(value))
}

/// The target gives no answer.
pub fn failed(failure: CallFailure) -> Answer {
    Answer::Failure(failure)
}

/// JSON as it goes over the wire: `json!({"ok": …})` where the target returns a `result`.
impl From<Value> for Answer {
    fn from(reply: Value) -> Self {
        Self::Reply(reply)
    }
}

pub(super) type Script = Rc<RefCell<dyn FnMut(&str, Value) -> Answer>>;

#[derive(Default)]
pub(super) struct Answers(BTreeMap<(String, String), Script>);

impl Answers {
    pub(super) fn set(
        &mut self,
        actor_type: &str,
        method: &str,
        script: impl FnMut(&str, Value) -> Answer + 'static,
    ) {
        self.0.insert(
            (actor_type.to_owned(), method.to_owned()),
            Rc::new(RefCell::new(script)),
        );
    }

    pub(super) fn get(&self, actor_type: &str, method: &str) -> Script {
        match self.0.get(&(actor_type.to_owned(), method.to_owned())) {
            // A handle of its own, so that the host is not borrowed while the answer is made.
            Some(script) => Rc::clone(script),
            None => panic!(
                "the actor asked {actor_type} to {method}, and the test has no answer; \
                 give one: host.answer(\"{actor_type}\", \"{method}\", |key, arguments| ok(…))"
            ),
        }
    }
}
