//! One instance with its store. It runs one turn at a time and is never re-entered.

use std::sync::Arc;
use std::time::Duration;

use pizza_types::LogLevel;
use wasmtime::component::{ComponentExportIndex, Instance as WasmInstance, InstancePre, Val};
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::client::ClientImport;
use crate::consult::Consult;
use crate::error::GuestError;
use crate::host_state::HostState;
use crate::limits::Limits;
use crate::meter::Meter;
use crate::output::Output;
use crate::permits::Permit;
use crate::settings::{Reuse, TypeSettings};
use crate::ticks::Ticks;
use crate::turn_context::TurnContext;
use crate::turn_export as wit;
use crate::wasi;

/// Bytes of host memory that values may take, for each byte of JSON that they may become.
/// The engine holds every element of a list in a `Val` of 24 bytes, however small it is, and
/// an element is at least one byte of JSON.
const LIFT_FACTOR: usize = 24;

/// What instances of one module are made from.
pub(crate) struct InstanceTemplate {
    pub(crate) pre: InstancePre<HostState>,
    pub(crate) settings: Arc<TypeSettings>,
    /// The bindings that actors of this module may ask for advice.
    pub(crate) plugins: Arc<dyn Consult>,
    pub(crate) clients: Arc<[ClientImport]>,
    /// The time between two looks at a guest that is running.
    pub(crate) ticks: Arc<Ticks>,
    /// Where its instances have the export for whole turns; `None` where they have none.
    pub(crate) turn: Option<wit::GuestIndices>,
}

/// A component instance in its store, with the permit that it holds.
pub(crate) struct Instance {
    pub(crate) store: Store<HostState>,
    wasm: WasmInstance,
    /// Looked up once, as every turn needs it.
    turn: Option<wit::Guest>,
    meter: Arc<Meter>,
    /// The number of turns that it has run to their end.
    pub(crate) turns: u32,
    // The last field: the permit is free again only when the store is gone.
    _permit: Permit,
}

impl Instance {
    /// # Errors
    /// When the component's own start traps or breaks a bound.
    pub(crate) async fn start(
        template: &InstanceTemplate,
        permit: Permit,
    ) -> Result<Self, GuestError> {
        let (pre, settings) = (&template.pre, &template.settings);
        let output = Output::default();
        let wasi = wasi::context(&output);
        let meter = match settings.reuse {
            // See `meter`: the exact clock is only worth its price where the instance is new each
            // time.
            Reuse::Warm { .. } => Meter::new(&template.ticks),
            Reuse::Fresh => Meter::exact(&template.ticks),
        };
        let meter = Arc::new(meter);
        let host_state = HostState::new(
            Arc::clone(settings),
            Arc::clone(&template.plugins),
            Arc::clone(&template.clients),
            wasi,
            output,
            Arc::clone(&meter),
        );
        let mut store = Store::new(pre.engine(), host_state);
        store.limiter(|host| &mut host.growth);
        // Before the first call: also an initialiser may hand over data.
        store.set_hostcall_fuel(hostcall_fuel(&settings.limits));
        store.set_max_component_handles(wasi::HANDLES_MAX);
        bound_cpu(&mut store, &meter, settings.limits.cpu_ms);
        match meter.run(pre.instantiate_async(&mut store)).await {
            Ok(wasm) => {
                let turn = template.turn.as_ref();
                let turn = turn.map(|turn| turn.load(&mut store, &wasm)).transpose();
                Ok(Self {
                    turn: turn.map_err(not_the_platforms)?,
                    store,
                    wasm,
                    meter,
                    turns: 0,
                    _permit: permit,
                })
            }
            Err(error) => Err(failure(&mut store, &error)),
        }
    }

    /// Hands over a whole turn.
    pub(crate) async fn turn(&mut self, input: wit::Input<'_>) -> Result<wit::Output, GuestError> {
        self.rewind();
        let (store, turn) = (&mut self.store, self.turn.as_ref());
        let turn = turn.ok_or_else(|| GuestError::Trap("an export is missing".to_owned()))?;
        let called = turn.call_turn(&mut *store, input);
        match self.meter.run(called).await {
            Ok(output) => Ok(output),
            Err(error) => Err(failure(store, &error)),
        }
    }

    /// Methods that a whole turn can be asked for; empty where none can.
    pub(crate) async fn turn_methods(&mut self) -> Result<Vec<String>, GuestError> {
        self.rewind();
        let (store, turn) = (&mut self.store, self.turn.as_ref());
        let Some(turn) = turn else {
            return Ok(Vec::new());
        };
        let called = turn.call_methods(&mut *store);
        match self.meter.run(called).await {
            Ok(methods) => Ok(methods),
            Err(error) => Err(failure(store, &error)),
        }
    }

    /// Takes the context back, with what the guest printed among its log lines.
    pub(crate) fn take_context(&mut self) -> Result<TurnContext, GuestError> {
        let host = self.store.data_mut();
        let output = host.output.take();
        // As log lines, so that their bounds hold for it too.
        for line in String::from_utf8_lossy(&output).lines() {
            host.log(LogLevel::Info, line);
        }
        let lost = || GuestError::Trap("the turn lost its context".to_owned());
        host.context.take().ok_or_else(lost)
    }

    /// What went wrong while the host did something for this instance.
    pub(crate) fn failure(&mut self, error: &wasmtime::Error) -> GuestError {
        failure(&mut self.store, error)
    }

    /// Calls an export. After an error the instance must not be used again.
    pub(crate) async fn call(
        &mut self,
        export: &ComponentExportIndex,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<(), GuestError> {
        self.rewind();
        let store = &mut self.store;
        let Some(func) = self.wasm.get_func(&mut *store, export) else {
            return Err(GuestError::Trap("an export is missing".to_owned()));
        };
        let called = func.call_async(&mut *store, params, results);
        match self.meter.run(called).await {
            Ok(()) => Ok(()),
            Err(error) => Err(failure(store, &error)),
        }
    }

    /// Calls `migrate`, whose bytes would be a list of single values in [`Self::call`].
    pub(crate) async fn migrate(
        &mut self,
        export: &ComponentExportIndex,
        from_schema: u32,
        bytes: &[u8],
    ) -> Result<Result<Vec<u8>, String>, GuestError> {
        self.rewind();
        let store = &mut self.store;
        type Params<'b> = (u32, &'b [u8]);
        let func = self.wasm.get_func(&mut *store, export);
        let func = func.and_then(|func| {
            func.typed::<Params<'_>, (Result<Vec<u8>, String>,)>(&*store)
                .ok()
        });
        let Some(func) = func else {
            return Err(GuestError::Trap("migrate has another type".to_owned()));
        };
        let called = func.call_async(&mut *store, (from_schema, bytes));
        match self.meter.run(called).await {
            Ok((migrated,)) => Ok(migrated),
            Err(error) => Err(failure(store, &error)),
        }
    }

    /// Nothing of the last turn counts in this one.
    fn rewind(&mut self) {
        self.meter.reset();
        self.store.set_epoch_deadline(1);
        let host = self.store.data_mut();
        host.broken = None;
        host.growth.refused = None;
    }
}

#[cold]
fn not_the_platforms(error: wasmtime::Error) -> GuestError {
    GuestError::Refused {
        what: "the export silo:actor/turn",
        why: format!("it is not the platform's: {error:#}"),
    }
}

/// One call's worth of data from the guest, in host memory.
fn hostcall_fuel(limits: &Limits) -> usize {
    // A state that is too large is still read, so that the error can say by how much.
    let state = limits.state_bytes.saturating_mul(2);
    limits.transfer_bytes.saturating_mul(LIFT_FACTOR).max(state)
}

fn bound_cpu(store: &mut Store<HostState>, meter: &Arc<Meter>, limit_ms: u64) {
    let meter = Arc::clone(meter);
    let limit = Duration::from_millis(limit_ms);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut context| {
        if meter.charge() > limit {
            let error = GuestError::CpuBudget { limit_ms };
            return Err(context.data_mut().stop(error));
        }
        // The engine's own yield would be polled again before timers and sockets are.
        let others_first = Box::pin(tokio::task::yield_now());
        Ok(UpdateDeadline::YieldCustom(1, others_first))
    });
}

/// What went wrong: the bound that was noted, or what the trap tells.
fn failure(store: &mut Store<HostState>, error: &wasmtime::Error) -> GuestError {
    let host = store.data_mut();
    // In this order: what the host has seen itself is surer than what the trap says.
    if let Some(broken) = host.broken.take() {
        return broken;
    }
    // A guest whose memory may not grow usually gives up with a plain trap.
    if let Some(refused) = host.growth.refused.take() {
        return refused;
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return match trap {
            Trap::StackOverflow => GuestError::StackOverflow,
            trap => GuestError::Trap(described(host, &trap.to_string())),
        };
    }
    // The permits should rule it out, but an engine without room is no fault of the guest.
    if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        return GuestError::NoInstance { waited_ms: 0 };
    }
    let text = format!("{error:#}");
    // The engine's own types for these are private.
    if text.contains("fuel allocated for hostcalls") {
        let limit = host.limits().transfer_bytes;
        let what = "a value";
        return GuestError::TransferTooLarge { what, limit };
    }
    if text.contains("store handle limit exceeded") {
        let limit = wasi::HANDLES_MAX;
        return GuestError::TooManyHandles { limit };
    }
    GuestError::Trap(described(host, &shortened(&text)))
}

/// A panicking guest says why on standard error: that comes first, for it is what its author can mend.
fn described(host: &HostState, trap: &str) -> String {
    let said = host.output.peek();
    let said = String::from_utf8_lossy(&said);
    // There is no environment in which a guest could be given the variable.
    let lines = said.lines().filter(|line| !line.contains("RUST_BACKTRACE"));
    let said = lines.collect::<Vec<_>>().join("\n");
    match shortened(said.trim()) {
        said if said.is_empty() => trap.to_owned(),
        said => format!("{said} ({trap})"),
    }
}

fn shortened(text: &str) -> String {
    // Enough for a panic message with its place; the whole goes into a reply and a log line.
    let cut = text.floor_char_boundary(500.min(text.len()));
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text[..cut].chars().map(clean).collect()
}
