//! What carries modules out: the runtime, as it is seen from here. A port, so that this crate
//! does not depend on the runtime, and its tests need none.

use std::sync::Arc;

use pizza_guest::{Module, TypeSettings};
use pizza_types::ModuleMetrics;

/// The modules that serve a type now.
#[derive(Clone)]
pub struct Served {
    pub current: Arc<Module>,
    /// A second module, and the percentage of keys that it has, 0 to 100; `None` when there is no
    /// canary.
    pub canary: Option<(Arc<Module>, f64)>,
}

/// What the modules need of the silo that they serve in.
pub trait ServingPort: Send + Sync + 'static {
    /// The silo's name, which stays over restarts.
    fn silo(&self) -> &str;

    /// The time in milliseconds on a clock that never goes back: what a while is measured on.
    fn now_ms(&self) -> u64;

    /// The date in milliseconds since 1970: what is written down.
    fn wall_ms(&self) -> u64;

    /// Every type that is served, in alphabetical order.
    fn types(&self) -> Vec<String>;

    /// What serves a type; `None` for one that nothing serves.
    fn served(&self, actor_type: &str) -> Option<Served>;

    /// The one step that changes what serves: turns that have begun end as they began.
    fn serve(&self, served: Served);

    /// What a module has done since it serves, if it does.
    fn metrics(&self, module: &Module) -> Option<ModuleMetrics>;

    /// The settings of a type, as an operator gave them.
    fn settings(&self, actor_type: &str) -> TypeSettings;
}
