//! The modules that come with the program, as the manifests of the packages under `actors/`
//! say; `build.rs` read those, and compiled the modules.

use pizza_silo::Bundled;

pub(crate) const MODULES: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// The types among them that read the speed of the demo from their settings.
pub(crate) const WITH_SPEED: &[&str] = include!(concat!(env!("OUT_DIR"), "/with_speed.rs"));

/// The types of which nothing is kept.
pub(crate) const STATELESS: &[&str] = include!(concat!(env!("OUT_DIR"), "/stateless.rs"));

/// The types whose actors are retired, and how many days after their end.
pub(crate) const RETIRED: &[(&str, u64)] = include!(concat!(env!("OUT_DIR"), "/retired.rs"));

/// The types that others can do without, and how many milliseconds they wait for an answer.
pub(crate) const PROMPT: &[(&str, u64)] = include!(concat!(env!("OUT_DIR"), "/prompt.rs"));
