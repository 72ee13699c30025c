//! What an operator may set about modules.

use std::path::PathBuf;

use pizza_guest::settings::{Apart, CompileBounds};
use pizza_guest::{Compiling, ComponentBounds};
use pizza_modules::{Settings, Trust, TrustedKey};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModulesConfig {
    /// Take only modules and plugins that a trusted key has signed. Those that come with the program
    /// are taken anyway.
    pub require_signature: bool,
    pub trusted: Vec<TrustedKey>,
    pub size_mib: usize,
    /// CompileBounds of the process that compiles.
    pub compile_memory_mib: u64,
    pub compile_cpu_s: u64,
    pub compile_ms: u64,
    /// A module is taken back when more than this percentage of its turns failed…
    pub rollback_percent: f64,
    /// …of at least so many…
    pub rollback_turns: u64,
    /// …within this time.
    pub rollback_window_ms: u64,
    /// A module that has served everybody for this long is not taken back any more.
    pub probation_ms: u64,
    /// States that a module must be able to read before it serves, at most…
    pub sample_states: usize,
    /// …and the time for reading them.
    pub sample_ms: u64,
    /// Of each type, so many modules are kept that neither serve nor could be rolled back to…
    pub keep_modules: usize,
    /// …and none of them for longer.
    pub keep_ms: u64,
    /// What a component may be made of, told before it is compiled.
    pub core_instances_max: u32,
    pub tables_max: u32,
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
