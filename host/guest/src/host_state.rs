//! The host's side of an instance, the data of its `Store`: every request of the guest is
//! checked here.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{Effect, LogLevel, LogLine, State, StateWrite};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::client::ClientImport;
use crate::consult::Consult;
use crate::error::GuestError;
use crate::growth::Growth;
use crate::limits::Limits;
use crate::meter::Meter;
use crate::output::Output;
use crate::settings::TypeSettings;
use crate::turn_context::{Access, TurnContext};

/// The data of one instance's store.
pub(crate) struct HostState {
    wasi: WasiCtx,
    table: ResourceTable,
    pub(crate) output: Output,
    pub(crate) settings: Arc<TypeSettings>,
    pub(crate) growth: Growth,
    pub(crate) meter: Arc<Meter>,
    /// The bound that was broken, noted where it was seen; the trap itself says less.
    pub(crate) broken: Option<GuestError>,
    /// The turn that is running; `None` between turns.
    pub(crate) context: Option<TurnContext>,
    /// Whom to ask when the guest wants advice.
    pub(crate) plugins: Arc<dyn Consult>,
    /// The clients that the component imports.
    pub(crate) clients: Arc<[ClientImport]>,
}

impl HostState {
    pub(crate) fn new(
        settings: Arc<TypeSettings>,
        plugins: Arc<dyn Consult>,
        clients: Arc<[ClientImport]>,
        wasi: WasiCtx,
        output: Output,
        meter: Arc<Meter>,
    ) -> Self {
        let growth = Growth::new(&settings.limits);
        Self {
            wasi,
            table: ResourceTable::new(),
            output,
            settings,
            growth,
            meter,
            broken: None,
            context: None,
            plugins,
            clients,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// # Errors
    /// When the module is not granted this call.
    pub(crate) fn may_call(&mut self, actor_type: &str, method: &str) -> wasmtime::Result<()> {
        let granted = self.settings.grant.manifest();
        if granted.is_some_and(|granted| granted.may_call(actor_type, method)) {
            return Ok(());
        }
        let what = format!("the call {actor_type}.{method}");
        let words = format!("\"calls\": [\"{actor_type}.{method}\"]");
        Err(self.stop(GuestError::not_granted(&what, &words)))
    }

    /// # Errors
    /// When the module is not granted this stream.
    pub(crate) fn may_publish(&mut self, stream: &str) -> wasmtime::Result<()> {
        let granted = self.settings.grant.manifest();
        if granted.is_some_and(|granted| granted.may_publish(stream)) {
            return Ok(());
        }
        let what = format!("publishing to {stream:?}");
        let words = format!("\"publishes\": [{stream:?}]");
        Err(self.stop(GuestError::not_granted(&what, &words)))
    }

    /// # Errors
    /// When the module is not granted timers. A guest that imports them was asked at load; one that
    /// stages them with a whole turn need not import them.
    pub(crate) fn may_set_timers(&mut self) -> wasmtime::Result<()> {
        let granted = self.settings.grant.manifest();
        if granted.is_some_and(|granted| granted.timers) {
            return Ok(());
        }
        Err(self.stop(GuestError::not_granted(
            "setting timers",
            "\"timers\": true",
        )))
    }

    /// # Errors
    /// The same for reminders.
    pub(crate) fn may_set_reminders(&mut self) -> wasmtime::Result<()> {
        let granted = self.settings.grant.manifest();
        if granted.is_some_and(|granted| granted.reminders) {
            return Ok(());
        }
        Err(self.stop(GuestError::not_granted(
            "setting reminders",
            "\"reminders\": true",
        )))
    }

    /// Notes the bound and gives the trap that stops the guest.
    pub(crate) fn stop(&mut self, error: GuestError) -> wasmtime::Error {
        let trap = wasmtime::Error::msg(error.to_string());
        // The first one is the cause; what follows it on the way out is not.
        self.broken.get_or_insert(error);
        trap
    }

    /// # Errors
    /// When no turn is running, for example in an initialiser: then there is no context.
    pub(crate) fn context(&mut self) -> wasmtime::Result<&mut TurnContext> {
        if self.context.is_none() {
            return Err(self.stop(GuestError::Refused {
                what: "the host interface",
                why: "no turn is running".to_owned(),
            }));
        }
        self.context
            .as_mut()
            .ok_or_else(|| wasmtime::Error::msg("no turn is running"))
    }

    /// The context of a turn that may write state. `what` says what was tried, should it not be
    /// allowed.
    pub(crate) fn writable(&mut self, what: &'static str) -> wasmtime::Result<&mut TurnContext> {
        if self.context()?.access != Access::ReadWrite {
            return Err(self.stop(GuestError::WriteFromQuery(what)));
        }
        self.context()
    }

    pub(crate) fn effect(&mut self, effect: Effect) -> wasmtime::Result<()> {
        let limit = self.limits().effects;
        let timer = matches!(effect, Effect::SetTimer { .. } | Effect::CancelTimer { .. });
        let context = self.context()?;
        let allowed = match context.access {
            Access::ReadWrite => true,
            Access::TimersOnly => timer,
            Access::ReadOnly => false,
        };
        if !allowed {
            return Err(self.stop(GuestError::WriteFromQuery("cause anything")));
        }
        if context.effects.len() >= limit {
            return Err(self.stop(GuestError::TooManyEffects { limit }));
        }
        context.effects.push(effect);
        Ok(())
    }

    pub(crate) fn set_state(&mut self, state: State) -> wasmtime::Result<()> {
        let (found, limit) = (state.bytes.len(), self.limits().state_bytes);
        let context = self.writable("write state")?;
        if found > limit {
            let what = "a state";
            return Err(self.stop(GuestError::StateTooLarge { what, found, limit }));
        }
        context.staged_state = StateWrite::Set(state);
        Ok(())
    }

    pub(crate) fn write_entry(
        &mut self,
        name: &str,
        bytes: Option<Vec<u8>>,
    ) -> wasmtime::Result<()> {
        let limit = self.limits().state_bytes;
        let context = self.writable("write entries")?;
        if name.is_empty() || name.len() > 256 || name.contains('\0') {
            let why = "a name has 1 to 256 bytes, none of them zero".to_owned();
            let what = "this entry name";
            return Err(self.stop(GuestError::Refused { what, why }));
        }
        // Each write counts, also a second one of the same name: it bounds the work, not just the
        // result.
        context.staged_bytes += name.len() + bytes.as_ref().map_or(0, Vec::len);
        let found = context.staged_bytes;
        if found > limit {
            let what = "entries in one turn";
            return Err(self.stop(GuestError::StateTooLarge { what, found, limit }));
        }
        context
            .staged_entries
            .insert(name.into(), bytes.map(Bytes::from));
        Ok(())
    }

    pub(crate) fn log(&mut self, level: LogLevel, message: &str) {
        let (lines, bytes) = (self.limits().log_lines, self.limits().log_line_bytes);
        // What is said while no turn runs has no actor to be written under.
        let Some(context) = &mut self.context else {
            return;
        };
        // Counted, not refused: an actor must not fail for what it says.
        if context.logs.len() >= lines {
            context.logs_dropped += 1;
            return;
        }
        let cut = message.floor_char_boundary(bytes.min(message.len()));
        // A log is read on terminals: no control characters from a guest.
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let message = message[..cut].chars().map(clean).collect();
        context.logs.push(LogLine { level, message });
    }
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}
