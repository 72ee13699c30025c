//! What a target replies to a client, checked by the client's types.

use pizza_types::CallError;
use pizza_value::Limits;

use crate::client::ClientFunction;

/// The target's reply as JSON, which the client's types take in the one spelling that is
/// everybody's; `null` where the client wants none.
pub(super) fn checked(
    client: &ClientFunction,
    reply: &[u8],
    limit: usize,
) -> Result<String, CallError> {
    let Some(ty) = &client.reply else {
        return Ok("null".to_owned());
    };
    let limits = limits(limit);
    let found = pizza_value::check_json(reply, ty, &limits).map_err(misfit)?;
    let reply = if found.plain {
        reply.to_vec()
    } else {
        let value = pizza_value::from_json(reply, ty, &limits).map_err(misfit)?;
        pizza_value::to_json(&value, ty).map_err(misfit)?
    };
    String::from_utf8(reply).map_err(misfit)
}

pub(super) fn misfit(error: impl std::fmt::Display) -> CallError {
    CallError::Failed {
        bound: "reply".into(),
        detail: error.to_string(),
    }
}

pub(super) fn limits(transfer_bytes: usize) -> Limits {
    Limits {
        // What the target sent was within its bounds; this is the client's.
        bytes_max: transfer_bytes.saturating_add(64),
        // A newer target may tell more than this client knows of.
        extra_fields: true,
        ..Limits::default()
    }
}
