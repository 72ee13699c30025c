//! The bounds, each a number; units come last in the names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::compile::Compiling;
use crate::manifest::Manifest;

#[derive(Debug, Clone)]
pub struct HostConfig {
    /// Where compiled modules are kept; `None` compiles at every start.
    pub cache_dir: Option<PathBuf>,
    pub compiling: Compiling,
    /// A guest yields, and its CPU budget is looked at, this often.
    pub tick_ms: u64,
    /// Instances of all modules together.
    pub instances_max: u32,
    /// The largest linear memory that any type may be given.
    pub instance_memory_max: usize,
    pub component: ComponentBounds,
}

/// What a component may be made of; told from its bytes, before it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentBounds {
    /// Core modules that one instance starts, each a piece of host memory; componentize-py
    /// makes 38 of them.
    pub core_instances: u32,
    /// Addresses are reserved for so many in each instance; linked libraries have one each.
    pub tables: u32,
    /// Of all its core modules; componentize-py makes 13,500.
    pub functions: u32,
}

/// Memories of one instance: for each, the engine reserves 4 GiB of addresses.
pub(crate) const MEMORIES_MAX: u32 = 1;

impl Default for ComponentBounds {
    fn default() -> Self {
        Self {
            core_instances: 64,
            tables: 4,
            functions: 100_000,
        }
    }
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            cache_dir: None,
            compiling: Compiling::Here,
            tick_ms: 10,
            instances_max: 1_000,
            instance_memory_max: 256 << 20,
            component: ComponentBounds::default(),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct TypeSettings {
    pub limits: Limits,
    /// What `config.get` answers.
    pub config: BTreeMap<String, String>,
    pub reuse: Reuse,
    pub grant: Grant,
}

/// What a module may do beyond its own state.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Grant {
    /// What its manifest asks for.
    #[default]
    AsAsked,
    /// Of that, no more than this.
    Within(Manifest),
    /// This, whatever it asks for.
    Exactly(Manifest),
}

impl Grant {
    pub(crate) fn settle(&self, asked: &Manifest) -> Manifest {
        match self {
            Self::AsAsked => asked.clone(),
            Self::Within(grant) => asked.within(grant),
            Self::Exactly(grant) => grant.clone(),
        }
    }

    /// Once it is settled, what it comes to.
    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        match self {
            Self::AsAsked => None,
            Self::Within(grant) | Self::Exactly(grant) => Some(grant),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// Instances are kept for further turns, for code that is trusted.
    Warm { turns_max: u32 },
    /// A fresh instance for every turn.
    Fresh,
}

impl Default for Reuse {
    fn default() -> Self {
        Self::Warm { turns_max: 10_000 }
    }
}

#[derive(Debug, Clone)]
pub struct Limits {
    /// CPU time of one turn, to the precision of a tick.
    pub cpu_ms: u64,
    /// Linear memory of one instance.
    pub memory_bytes: usize,
    pub table_elements: usize,
    /// The state's value; and, apart from it, the entries that one turn writes.
    pub state_bytes: usize,
    /// Sends, publishes, reminders and timers of one turn.
    pub effects: usize,
    /// Arguments or reply of one call, or the payload of one effect.
    pub transfer_bytes: usize,
    /// Log lines of one turn; further ones are counted and dropped.
    pub log_lines: usize,
    pub log_line_bytes: usize,
    /// Instances at work at once, for each depth of the chain of calls: whoever waits
    /// for an answer never takes the place of the one who gives it.
    pub instances: u32,
    /// How long a turn may wait for an instance.
    pub wait_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_ms: 50,
            memory_bytes: 16 << 20,
            table_elements: 10_000,
            state_bytes: 1 << 20,
            effects: 256,
            transfer_bytes: 1 << 20,
            log_lines: 100,
            log_line_bytes: 4_096,
            instances: 32,
            wait_ms: 5_000,
        }
    }
}
