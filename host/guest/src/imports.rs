//! The interfaces that a guest may import from the host: one file each. In each, what
//! the guest gives is checked before it is believed.

use wasmtime::component::{HasSelf, Linker};

use crate::host_state::HostState;

mod calls;
pub(crate) mod clients;
mod config;
mod context;
mod log;
mod plugins;
mod reminders;
mod reply;
mod state;
mod streams;
mod timers;

wasmtime::component::bindgen!({
    path: "../../wit/silo",
    world: "host",
    imports: {
        "silo:actor/calls.call": async | trappable,
        "silo:actor/calls.ask": async | trappable,
        "silo:actor/plugins.consult": async | trappable,
        "silo:actor/state.get-entry": async | trappable,
        "silo:actor/state.list-entries": async | trappable,
        "silo:actor/state.get-entries": async | trappable,
        "silo:actor/state.range-entries": async | trappable,
        "silo:actor/state.scan-entries": async | trappable,
        default: trappable,
    },
});

pub(crate) use silo::actor as wit;

/// An interface that has types only, and so nothing to implement.
impl wit::types::Host for HostState {}

/// Links all interfaces of the platform package. Whether a module is granted each is checked
/// before, in `grant`.
pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    Host_::add_to_linker::<_, HasSelf<HostState>>(linker, |host| host)
}

/// Links the only interface that there is in a plugin's world.
pub(crate) fn add_log_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    wit::log::add_to_linker::<_, HasSelf<HostState>>(linker, |host| host)
}

/// Checks a name of a timer, reminder, method or stream, and stops the guest if it is none.
pub(crate) fn name(
    host: &mut HostState,
    what: &'static str,
    name: String,
) -> wasmtime::Result<std::sync::Arc<str>> {
    match check_name(what, &name) {
        Ok(()) => Ok(name.into()),
        Err(error) => Err(host.stop(error)),
    }
}

/// The rule for names, without a guest to stop.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), crate::GuestError> {
    // They are parts of keys in the store and of lines in the log: short, and without control
    // characters.
    if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
        let why = "a name has 1 to 128 bytes and no control characters".to_owned();
        return Err(crate::GuestError::Refused { what, why });
    }
    Ok(())
}

/// The longest time that a guest may plan ahead: 400 days.
const AHEAD_MS_MAX: u64 = 400 * 86_400_000;

/// A delay or a period. One that is too long is refused, not cut: it would be over early, and
/// nobody would know.
pub(crate) fn ahead(
    host: &mut HostState,
    what: &'static str,
    part: &str,
    time_ms: u64,
) -> wasmtime::Result<u64> {
    if time_ms <= AHEAD_MS_MAX {
        return Ok(time_ms);
    }
    let why = format!("its {part} is {time_ms} ms; at most {AHEAD_MS_MAX} (400 days) are allowed");
    Err(host.stop(crate::GuestError::Refused { what, why }))
}

/// The period of something that is repeated: neither too short nor too long.
pub(crate) fn period(
    host: &mut HostState,
    what: &'static str,
    least_ms: u64,
    period_ms: Option<u64>,
) -> wasmtime::Result<Option<u64>> {
    let Some(period_ms) = period_ms else {
        return Ok(None);
    };
    if period_ms < least_ms {
        let why = format!("its period is {period_ms} ms; at least {least_ms} are allowed");
        return Err(host.stop(crate::GuestError::Refused { what, why }));
    }
    ahead(host, what, "period", period_ms).map(Some)
}

/// Checks the size of a payload before it is copied further.
pub(crate) fn payload(
    host: &mut HostState,
    what: &'static str,
    json: String,
) -> wasmtime::Result<bytes::Bytes> {
    let limit = host.limits().transfer_bytes;
    if json.len() > limit {
        return Err(host.stop(crate::GuestError::TransferTooLarge { what, limit }));
    }
    Ok(json.into())
}

pub(crate) fn target(
    host: &mut HostState,
    actor_type: &str,
    key: &str,
) -> wasmtime::Result<pizza_types::ActorId> {
    pizza_types::ActorId::new(actor_type, key).map_err(|error| {
        let (what, why) = ("a message to this actor", error.to_string());
        host.stop(crate::GuestError::Refused { what, why })
    })
}
