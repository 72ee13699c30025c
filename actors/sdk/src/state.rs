//! The actor's state, and how it becomes bytes: MessagePack with named fields.
//!
//! A field may be added without a new schema number if it has `#[serde(default)]`.
//! Whatever older bytes cannot be read as needs a new number and a `migrate`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::silo::actor::state::Snapshot;
use crate::host;

/// The state of an actor. It is usually written by `#[silo_sdk::state(schema = 1)]`.
pub trait State: Default + Serialize + DeserializeOwned + 'static {
    /// The number of the layout; it only ever grows.
    const SCHEMA: u32;

    /// State of an older layout becomes state of this one. [`decode`] reads the older type.
    fn migrate(from: u32, bytes: &[u8]) -> Result<Self, String> {
        let _ = bytes;
        Err(format!(
            "state of schema {from} has no migration to schema {}",
            Self::SCHEMA
        ))
    }

    /// The actor is in memory now, before its first message. It may set timers.
    fn activate(&self) {}

    /// The actor is about to leave memory. It may not change anything.
    fn deactivate(&self) {}
}

/// This actor has ended: nothing more is to come of it. It leaves memory when it has nothing to do.
/// It can still be asked, until the time of its type is over (`retire_after_ms`); then it is
/// archived and leaves the store, and whoever asks for it hears that it is retired, as `410` over
/// HTTP. What it still planned goes with it: cancel its reminders, and wait for what is to come.
///
/// A later turn that changes the state or an entry, or plans something, takes it back, unless it
/// calls this again. One that only answers, declines, publishes or sends does not.
pub fn end() {
    host::state::end();
}

/// Reads what [`encode`] wrote.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    rmp_serde::from_slice(bytes).map_err(|error| error.to_string())
}

/// # Panics
/// When the value's own `Serialize` refuses.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    match rmp_serde::to_vec_named(value) {
        Ok(bytes) => bytes,
        Err(error) => panic!("{} cannot be encoded: {error}", std::any::type_name::<T>()),
    }
}

/// A state in hand, and the bytes that the host has of it.
pub(crate) struct Loaded<S> {
    pub(crate) state: S,
    stored: Vec<u8>,
}

pub(crate) fn load<S: State>() -> Loaded<S> {
    let Some(Snapshot { schema, bytes }) = host::state::get() else {
        let state = S::default();
        return Loaded {
            // As if it were stored, so that a turn that changes nothing saves nothing.
            stored: encode(&state),
            state,
        };
    };
    match read(schema, &bytes) {
        // State of an older layout has no bytes to be equal to, so that it is saved as it is now.
        Ok(state) if schema != S::SCHEMA => Loaded {
            state,
            stored: Vec::new(),
        },
        Ok(state) => Loaded {
            state,
            stored: bytes,
        },
        // A trap: to begin anew with the default would overwrite what is there.
        Err(error) => panic!(
            "the state of {} cannot be read: {error}",
            crate::context::self_id()
        ),
    }
}

pub(crate) fn save_if_changed<S: State>(loaded: &Loaded<S>) {
    let bytes = encode(&loaded.state);
    // By their bytes, because a state need not be comparable itself.
    if bytes != loaded.stored {
        host::state::set(Snapshot {
            schema: S::SCHEMA,
            bytes,
        });
    }
}

pub(crate) fn read<S: State>(schema: u32, bytes: &[u8]) -> Result<S, String> {
    if schema == S::SCHEMA {
        decode(bytes)
    } else if schema < S::SCHEMA {
        S::migrate(schema, bytes)
    } else {
        // Not guessed at: what a newer module has written may mean something else.
        Err(format!(
            "it has schema {schema}, and this module knows none after {}",
            S::SCHEMA
        ))
    }
}
