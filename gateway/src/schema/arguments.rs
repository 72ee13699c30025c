//! What a function of an actor takes, for callers who name the function themselves.

use pizza_value::camel;
use serde_json::{Value, json};

use super::contracts::contracts;
use super::types::Schemas;

/// The arguments of one function.
pub(crate) struct Arguments {
    /// Their names, in the order of the parameters.
    pub(crate) names: Vec<String>,
    /// The schema of an object that has them by name.
    pub(crate) schema: Value,
    /// The document that the schema's references point into.
    pub(crate) document: Value,
}

/// The arguments by the contract of the actor; `None` for an actor that does not come with
/// this program, whose contract is not known here.
pub(crate) fn arguments_of(actor_type: &str, method: &str) -> Option<Arguments> {
    let function = contracts().function(actor_type, method)?;
    let names = function.params.iter().map(|param| camel(&param.name));
    let mut schemas = Schemas::default();
    let schema = schemas.arguments(actor_type, method, &[]);
    Some(Arguments {
        names: names.collect(),
        schema,
        document: json!({"components": {"schemas": schemas.into_named()}}),
    })
}
