//! Advice from the plugin that an operator bound to this actor: a stranger's code, which
//! can do nothing but answer. Check what it says before you act on it.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::silo::actor::plugins::PluginFailure;
use crate::calls::to_json;
use crate::host::plugins as host;

/// The name of the plugin that is bound, which is another one after each binding; `None` when there
/// is none. Asking is cheap: do it before you gather arguments.
pub fn bound() -> Option<String> {
    host::bound()
}

/// Asks the plugin and waits, for a bounded time. Arguments are an object, parameter by
/// parameter, in camel case; functions are named as in WIT.
pub fn consult<A, R>(function: &str, arguments: &A) -> Result<R, PluginFailure>
where
    A: Serialize + ?Sized,
    R: DeserializeOwned,
{
    let reply = host::consult(function, &to_json(arguments))?;
    // A stranger wrote the plugin, so that another type is one more way for it to fail.
    serde_json::from_str(&reply)
        .map_err(|error| PluginFailure::Unfit(format!("{function} gives another type: {error}")))
}
