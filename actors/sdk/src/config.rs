//! Settings that the operator gave this actor type.

use std::str::FromStr;

use crate::host::config as host;

pub fn get(name: &str) -> Option<String> {
    host::get(name)
}

/// The setting, or the default where it is absent. One that cannot be read is logged and ignored.
pub fn parse_or<T: FromStr>(name: &str, default: T) -> T {
    let Some(text) = get(name) else {
        return default;
    };
    // A mistake in a setting must not stop every actor of the type.
    text.parse().unwrap_or_else(|_| {
        crate::log::warn!("setting `{name}` is ignored: `{text}` cannot be read");
        default
    })
}
