//! Durable events for those who subscribe.

use serde::Serialize;

use crate::host::streams as host;
use crate::turn_export::Publication;

/// The event leaves when this turn is committed. Its payload is JSON; types from WIT
/// become the same JSON that the edges speak (camel case, absent values left out).
///
/// # Panics
/// When the payload cannot be JSON, for example a map whose keys are no strings.
pub fn publish<P: Serialize + ?Sized>(stream: &str, key: &str, payload: &P) {
    host::publish(Publication {
        name: stream.to_owned(),
        key: key.to_owned(),
        payload: crate::calls::to_json(payload),
    });
}
