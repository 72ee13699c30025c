//! The plugin that is bound in a test.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use crate::plugins::PluginFailure;

type Script = Rc<RefCell<dyn FnMut(&str, Value) -> Result<Value, PluginFailure>>>;

#[derive(Clone)]
pub(super) struct Plugin {
    pub(super) name: String,
    pub(super) script: Script,
}

impl Plugin {
    pub(super) fn new(
        name: &str,
        answer: impl FnMut(&str, Value) -> Result<Value, PluginFailure> + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            script: Rc::new(RefCell::new(answer)),
        }
    }
}
