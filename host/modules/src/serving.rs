//! What carries modules out: the runtime, as it is seen from here. A port, so that this crate
//! does not depend on the runtime, and its tests need none.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_guest::{Module, TypeSettings};
use pizza_types::{ModuleDigest, ModuleMetrics};

/// The modules that serve a type now.
#[derive(Clone)]
pub struct Served {
    pub current: Arc<Module>,
    /// A second module, and the percentage of keys that it has, 0 to 100; `None` when there is no
    /// canary.
    pub canary: Option<(Arc<Module>, f64)>,
}

/// What the modules need of the silo that they serve in.
#[async_trait]
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

    /// Has all other silos of the cluster make the module ready for turns, so that none is waited for
    /// when it is to serve; tells of those that could not, and why.
    async fn prepare(&self, digest: ModuleDigest) -> Vec<String>;

    /// Tells the other silos that the plan of a type was changed. One that does not hear of it finds
    /// out by itself.
    async fn changed(&self, actor_type: &str);

    /// Whether no other silo serves actors of this store.
    fn is_alone(&self) -> bool;

    /// The settings of a type, as an operator gave them.
    fn settings(&self, actor_type: &str) -> TypeSettings;
}
