//! One instance with its store. It runs one turn at a time and is never re-entered.

use std::sync::Arc;

use wasmtime::component::{Instance as WasmInstance, InstancePre};
use wasmtime::{Store, UpdateDeadline};

use crate::desk::Desk;
use crate::error::GuestError;
use crate::settings::TypeSettings;
use crate::wasi::{self, Output};

/// Handles that a guest may hold at once.
const HANDLES_MAX: usize = 1_000;

pub(crate) struct Instance {
    pub(crate) store: Store<Desk>,
    pub(crate) wasm: WasmInstance,
    pub(crate) turns: u32,
}

impl Instance {
    pub(crate) async fn start(
        pre: &InstancePre<Desk>,
        settings: &Arc<TypeSettings>,
        ticks_max: u64,
    ) -> Result<Self, GuestError> {
        let output = Output::default();
        let wasi = wasi::context(&output);
        let desk = Desk::new(Arc::clone(settings), wasi, output);
        let mut store = Store::new(pre.engine(), desk);
        store.limiter(|desk| desk);
        store.set_hostcall_fuel(settings.limits.transfer_bytes.saturating_mul(2));
        store.set_max_component_handles(HANDLES_MAX);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |mut context| {
            let desk = context.data_mut();
            desk.ticks += 1;
            if desk.ticks > ticks_max {
                let limit_ms = desk.limits().cpu_ms;
                return Err(desk.stop(GuestError::CpuBudget { limit_ms }));
            }
            Ok(UpdateDeadline::Yield(1))
        });
        match pre.instantiate_async(&mut store).await {
            Ok(wasm) => Ok(Self {
                store,
                wasm,
                turns: 0,
            }),
            Err(error) => Err(failure(&mut store, &error)),
        }
    }
}

/// What went wrong: the bound that was noted, or what the trap tells.
pub(crate) fn failure(store: &mut Store<Desk>, error: &wasmtime::Error) -> GuestError {
    if let Some(broken) = store.data_mut().broken.take() {
        return broken;
    }
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::StackOverflow) => GuestError::StackOverflow,
        Some(trap) => GuestError::Trap(described(store, &trap.to_string())),
        None if error.is::<wasmtime::PoolConcurrencyLimitError>() => {
            GuestError::NoInstance { waited_ms: 0 }
        }
        None if format!("{error:#}").contains("fuel allocated for hostcalls") => {
            let limit = store.data().limits().transfer_bytes;
            let what = "a value";
            GuestError::TransferTooLarge { what, limit }
        }
        None => GuestError::Trap(described(store, &format!("{:#}", first_lines(error)))),
    }
}

fn first_lines(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    let cut = text.floor_char_boundary(500.min(text.len()));
    text[..cut].to_owned()
}

/// A panicking guest says why on standard error.
fn described(store: &Store<Desk>, trap: &str) -> String {
    let said = store.data().output.take();
    let said = String::from_utf8_lossy(&said);
    let said = said.trim();
    if said.is_empty() {
        return trap.to_owned();
    }
    let cut = said.floor_char_boundary(500.min(said.len()));
    let said: String = said[..cut]
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("{trap} ({said})")
}
