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
    /// The largest number of instances that live at once, of all modules together.
    pub instances_max: u32,
    /// The largest linear memory, in bytes, that any actor type may be given.
    pub instance_memory_max: usize,
    pub component: ComponentBounds,
}

/// How much of everything a component may be made of. It is read from the bytes of the component,
/// before anything is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentBounds {
    /// Core modules that one instance starts. Each takes a piece of host memory. A component that
    /// componentize-py makes has 38 of them.
    pub core_instances: u32,
    /// Tables of one instance: the engine reserves addresses for so many in each. Each library
    /// that is linked in has one.
    pub tables: u32,
    /// Functions of all core modules of the component together. One that componentize-py makes
    /// has 13,500.
    pub functions: u32,
}

/// Memories of one instance: for each, the engine reserves 4 GiB of addresses. Rust makes one;
/// componentize-qjs adds two that are empty. All together are bounded as one is.
pub(crate) const MEMORIES_MAX: u32 = 3;

impl Default for ComponentBounds {
    fn default() -> Self {
        Self {
            // Above what the most wasteful of the known compilers makes, with room for it to
            // grow.
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
            // A fifth of the usual CPU budget: a look at a guest costs little, but not nothing.
            tick_ms: 10,
            // Each instance takes about 6 mappings of the 65,530 that the kernel allows a
            // process.
            instances_max: 1_000,
            instance_memory_max: 256 << 20,
            component: ComponentBounds::default(),
        }
    }
}

/// Where and within which bounds modules are compiled.
#[derive(Debug, Clone, Default)]
pub enum Compiling {
    /// In this process and without a bound, for code that is trusted and for tests.
    #[default]
    Here,
    /// In a process of its own that bounds itself.
    Apart(Apart),
}

/// How the process that compiles is started, and what it may take.
#[derive(Debug, Clone)]
pub struct Apart {
    /// The program, which calls [`compile::child`](crate::compile::child) when it is given
    /// `arguments`.
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub bounds: CompileBounds,
}

/// What compiling one module may take before the module is refused.
#[derive(Debug, Clone, Copy)]
pub struct CompileBounds {
    /// The address space of the compiler, in bytes. A compiler that wants more ends.
    pub memory_bytes: u64,
    /// CPU time of the whole compiler, in seconds.
    pub cpu_s: u64,
    /// The time until the compiler is killed, in milliseconds: it may also wait for a processor.
    pub wall_ms: u64,
    /// The largest machine code of one module, in bytes.
    pub code_bytes: u64,
}

impl Default for CompileBounds {
    fn default() -> Self {
        Self {
            // The compiler's peak for the largest component that may be loaded is near 1 GiB;
            // addresses are counted, of which it reserves more than it uses.
            memory_bytes: 3 << 30,
            // The wall clock allows twice the CPU time: on a busy machine the compiler has to
            // wait.
            cpu_s: 60,
            wall_ms: 120_000,
            code_bytes: 256 << 20,
        }
    }
}

/// What an operator settles for one actor type.
#[derive(Debug, Clone)]
pub struct TypeSettings {
    pub limits: Limits,
    /// The values that `config.get` answers with, by their names.
    pub config: BTreeMap<String, String>,
    pub reuse: Reuse,
    pub grant: Grant,
    /// Whether a turn is handed over whole where the component takes it so. Off, each goes through
    /// the exports of the contract.
    pub whole_turns: bool,
}

impl Default for TypeSettings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            config: BTreeMap::new(),
            reuse: Reuse::default(),
            grant: Grant::default(),
            whole_turns: true,
        }
    }
}

/// What a module may do beyond its own state.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Grant {
    /// The module is granted all that its manifest asks for.
    #[default]
    AsAsked,
    /// The module is granted what its manifest asks for, as far as this allows it too.
    Within(Manifest),
    /// The module is granted exactly this, whatever its manifest asks for.
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

    /// The grant itself; `None` as long as it depends on a manifest that has not been read.
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
        // Starting anew is then not felt in the average turn, and a leak in a guest has an end.
        Self::Warm { turns_max: 10_000 }
    }
}
