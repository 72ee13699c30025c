//! The bounds, each a number; units come last in the names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::limits::Limits;
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

/// Where and within which bounds modules are compiled.
#[derive(Debug, Clone, Default)]
pub enum Compiling {
    /// For code that is trusted, and for tests.
    #[default]
    Here,
    Apart(Apart),
}

#[derive(Debug, Clone)]
pub struct Apart {
    /// The program, which calls [`compile::child`](crate::compile::child) when it is given `arguments`.
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub bounds: CompileBounds,
}

#[derive(Debug, Clone, Copy)]
pub struct CompileBounds {
    /// Addresses; a compiler that wants more ends.
    pub memory_bytes: u64,
    pub cpu_s: u64,
    pub wall_ms: u64,
    /// Machine code of one module.
    pub code_bytes: u64,
}

impl Default for CompileBounds {
    fn default() -> Self {
        Self {
            // The compiler's peak for the largest component that may be loaded is near 1 GiB;
            // addresses are counted, of which it reserves more than it uses.
            memory_bytes: 3 << 30,
            cpu_s: 60,
            wall_ms: 120_000,
            code_bytes: 256 << 20,
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
