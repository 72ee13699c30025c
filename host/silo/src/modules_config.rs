//! What an operator may set about modules.

use std::path::PathBuf;

use pizza_guest::settings::{Apart, CompileBounds};
use pizza_guest::{Compiling, ComponentBounds};
use pizza_modules::{Settings, Trust, TrustedKey};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModulesConfig {
    /// Where compiled modules are kept; absent: `modules` in the data directory. Silos of one machine may
    /// share it: each module is then compiled once. Whoever may write there decides what code they run.
    pub cache_dir: Option<PathBuf>,
    /// Whether only modules and plugins are taken that a trusted key has signed. Those that come
    /// with the program are taken anyway.
    pub require_signature: bool,
    /// The keys whose signatures are trusted.
    pub trusted: Vec<TrustedKey>,
    /// The largest module that is taken, in MiB.
    pub size_mib: usize,
    /// The address space of the process that compiles, in MiB.
    pub compile_memory_mib: u64,
    /// CPU time for compiling one module, in seconds.
    pub compile_cpu_s: u64,
    /// The time until the compiler is killed, in milliseconds.
    pub compile_ms: u64,
    /// A module is taken back when more than this percentage of its turns within the window
    /// failed.
    pub rollback_percent: f64,
    /// The fewest turns within the window by which a module is judged.
    pub rollback_turns: u64,
    /// The window, in milliseconds, within which turns and failures are counted.
    pub rollback_window_ms: u64,
    /// A module that has served everybody for this long, in milliseconds, is not taken back any
    /// more.
    pub probation_ms: u64,
    /// The most states that a module must be able to read before it serves.
    pub sample_states: usize,
    /// The time for reading these states, in milliseconds.
    pub sample_ms: u64,
    /// The number of modules of each type that are kept although they neither serve nor could be
    /// rolled back to.
    pub keep_modules: usize,
    /// The longest time that such a module is kept, in milliseconds.
    pub keep_ms: u64,
    /// The most core modules that one instance may start; read from the component before it is
    /// compiled.
    pub core_instances_max: u32,
    /// The most tables of one instance.
    pub tables_max: u32,
    /// The most functions of all core modules of a component together.
    pub functions_max: u32,
    /// The program that compiles, with its arguments; set by the program itself.
    #[serde(skip)]
    pub compiler: Option<(PathBuf, Vec<String>)>,
}

impl Default for ModulesConfig {
    fn default() -> Self {
        let (settings, bounds) = (Settings::default(), CompileBounds::default());
        let component = ComponentBounds::default();
        Self {
            cache_dir: None,
            require_signature: settings.trust.require_signature,
            trusted: settings.trust.trusted,
            size_mib: settings.bytes_max >> 20,
            compile_memory_mib: bounds.memory_bytes >> 20,
            compile_cpu_s: bounds.cpu_s,
            compile_ms: bounds.wall_ms,
            rollback_percent: settings.rollback_percent,
            rollback_turns: settings.rollback_turns,
            rollback_window_ms: settings.rollback_window_ms,
            probation_ms: settings.probation_ms,
            sample_states: settings.sample_states,
            sample_ms: settings.sample_ms,
            keep_modules: settings.keep_modules,
            keep_ms: settings.keep_ms,
            core_instances_max: component.core_instances,
            tables_max: component.tables,
            functions_max: component.functions,
            compiler: None,
        }
    }
}

impl ModulesConfig {
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            bytes_max: self.size_mib << 20,
            trust: Trust {
                require_signature: self.require_signature,
                trusted: self.trusted.clone(),
            },
            rollback_percent: self.rollback_percent,
            rollback_turns: self.rollback_turns,
            rollback_window_ms: self.rollback_window_ms,
            probation_ms: self.probation_ms,
            sample_states: self.sample_states,
            sample_ms: self.sample_ms,
            keep_modules: self.keep_modules,
            keep_ms: self.keep_ms,
        }
    }

    pub(crate) fn component(&self) -> ComponentBounds {
        ComponentBounds {
            core_instances: self.core_instances_max,
            tables: self.tables_max,
            functions: self.functions_max,
        }
    }

    pub(crate) fn compiling(&self) -> Compiling {
        let Some((program, arguments)) = &self.compiler else {
            return Compiling::Here;
        };
        Compiling::Apart(Apart {
            program: program.clone(),
            arguments: arguments.iter().map(Into::into).collect(),
            bounds: CompileBounds {
                memory_bytes: self.compile_memory_mib << 20,
                cpu_s: self.compile_cpu_s,
                wall_ms: self.compile_ms,
                ..CompileBounds::default()
            },
        })
    }
}
