//! The modules that come with the program; `build.rs` compiled them.

use pizza_silo::Bundled;

pub(crate) const MODULES: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
