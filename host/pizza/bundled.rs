//! The modules that come with the program; `build.rs` compiled them.

use pizza_silo::BundledModule;

pub(crate) const MODULES: &[BundledModule] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
