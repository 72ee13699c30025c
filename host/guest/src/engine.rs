//! The engine, and what its code depends on.

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::error::LoadError;
use crate::settings::{HostConfig, MEMORIES_MAX};

/// The stack of a guest: enough for serde on deep data, far too little for endless recursion.
const WASM_STACK_BYTES: usize = 512 << 10;
/// The stack on which a guest and the imports it calls run. It is larger than the guest's own:
/// what is left over is for the host's side of an import.
const ASYNC_STACK_BYTES: usize = 1 << 20;
/// Addresses are reserved for tables of this length; the bound of a type is checked apart from it
/// and is lower.
const TABLE_ELEMENTS_MAX: usize = 100_000;

/// All that a 32-bit address can name: then no access needs a check of its bounds. Only
/// addresses are reserved, no memory.
const RESERVED_BYTES: u64 = 4 << 30;

/// The engine, and how many addresses it reserves for each memory.
pub(crate) fn engine(settings: &HostConfig) -> Result<(Engine, u64), LoadError> {
    let roomy = Engine::new(&serving(settings, RESERVED_BYTES));
    // Where addresses are rationed, guests run slower, but run.
    let engine = roomy
        .map(|engine| (engine, RESERVED_BYTES))
        .or_else(|error| {
            tracing::info!(%error, "few addresses to reserve: guests check each access");
            let reserved_bytes = settings.instance_memory_max as u64;
            let engine = Engine::new(&serving(settings, reserved_bytes))?;
            Ok((engine, reserved_bytes))
        });
    engine.map_err(|error: wasmtime::Error| LoadError::Engine(format!("{error:#}")))
}

fn serving(settings: &HostConfig, reserved_bytes: u64) -> Config {
    let bounds = &settings.component;
    let mut pooling = PoolingAllocationConfig::new();
    pooling
        .total_component_instances(settings.instances_max)
        // A count alone: a core instance takes memory while it lives, none before.
        .total_core_instances(settings.instances_max.saturating_mul(bounds.core_instances))
        .total_memories(settings.instances_max.saturating_mul(MEMORIES_MAX))
        .total_tables(settings.instances_max.saturating_mul(bounds.tables))
        .total_stacks(settings.instances_max)
        .max_core_instances_per_component(bounds.core_instances)
        .max_memories_per_component(MEMORIES_MAX)
        .max_memories_per_module(MEMORIES_MAX)
        .max_tables_per_component(bounds.tables)
        .max_memory_size(settings.instance_memory_max)
        .table_elements(TABLE_ELEMENTS_MAX)
        // So much is zeroed by hand when an instance goes: cheaper than to give the pages back
        // and to fault them in again.
        .linear_memory_keep_resident(64 << 10)
        // Slots nobody uses keep the pages of their last module. A few save work at the next
        // start; many would only hold memory.
        .max_unused_warm_slots(16);
    let mut config = compiling(reserved_bytes);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling));
    config
}

/// All that compiled code depends on. A process that only compiles needs no more.
pub(crate) fn compiling(reserved_bytes: u64) -> Config {
    let mut config = Config::new();
    config
        // What the code depends on here is part of the hash that names its file in the cache: a
        // change compiles every module anew.
        .memory_init_cow(true)
        .epoch_interruption(true)
        // No component-model concurrency: an instance runs one turn at a time, and a call
        // into it costs a quarter.
        .concurrency_support(false)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES)
        .memory_reservation(reserved_bytes)
        // An access whose constant offset is below the guard's size needs no check either.
        .memory_guard_size(32 << 20);
    config
}
