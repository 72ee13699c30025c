//! Engine, compilation and loading.

use std::sync::Arc;
use std::time::Duration;

use pizza_types::ModuleDigest;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::cache::{self, Cache};
use crate::compile;
use crate::discover::{self, Discovered};
use crate::engine::engine;
use crate::error::LoadError;
use crate::host_state::HostState;
use crate::imports;
use crate::instance::InstanceTemplate;
use crate::manifest::Manifest;
use crate::module::Module;
use crate::permits::InstancePermits;
use crate::plugin::{self, Plugin};
use crate::plugins::Plugins;
use crate::pool::Pool;
use crate::settings::{Compiling, ComponentBounds, Grant, HostConfig, TypeSettings};
use crate::structure::Structure;
use crate::ticks::{Ticker, Ticks};
use crate::{turn_export, wasi};

/// Loads modules. Dropping it stops the clock that bounds their turns.
pub struct WasmHost {
    engine: Engine,
    linker: Linker<HostState>,
    cache: Option<Arc<Cache>>,
    compiling: Compiling,
    reserved_bytes: u64,
    permits: Arc<InstancePermits>,
    plugins: Arc<Plugins>,
    plugin_linker: Linker<HostState>,
    bounds: ComponentBounds,
    ticks: Arc<Ticks>,
    _ticker: Ticker,
}

/// A component whose structure, imports, exports and size are in order; nothing of it has
/// been compiled.
pub struct Inspected {
    digest: ModuleDigest,
    manifest: Manifest,
    discovered: Discovered,
    settings: TypeSettings,
}

/// An inspected component, and its machine code.
pub struct Compiled {
    inspected: Inspected,
    component: Component,
}

impl WasmHost {
    /// # Errors
    /// When the machine does not allow the engine, or the cache directory cannot be used.
    pub fn new(config: HostConfig) -> Result<Self, LoadError> {
        let (engine, reserved_bytes) = engine(&config)?;
        let cache = config.cache_dir.as_deref();
        let cache = cache
            .map(|dir| Cache::open(dir, &engine))
            .transpose()?
            .map(Arc::new);
        let failed = |error: wasmtime::Error| LoadError::Engine(format!("{error:#}"));
        let mut linker = Linker::new(&engine);
        imports::add_to_linker(&mut linker).map_err(failed)?;
        wasi::add_to_linker(&mut linker).map_err(failed)?;
        let mut plugin_linker = Linker::new(&engine);
        imports::add_log_to_linker(&mut plugin_linker).map_err(failed)?;
        let tick = Duration::from_millis(config.tick_ms.max(1));
        let ticks = Arc::new(Ticks::new(tick));
        // Weak: the thread must not keep the engine, and with it all its reserved addresses, alive.
        let weak = engine.weak();
        let moves_on = move || {
            let engine = weak.upgrade();
            engine.inspect(|engine| engine.increment_epoch()).is_some()
        };
        let ticker = Ticker::start(Arc::clone(&ticks), moves_on)?;
        Ok(Self {
            engine,
            linker,
            cache,
            compiling: config.compiling,
            reserved_bytes,
            permits: Arc::new(InstancePermits::new(config.instances_max)),
            plugins: Arc::default(),
            plugin_linker,
            bounds: config.component,
            ticks,
            _ticker: ticker,
        })
    }

    /// Compiles the component, or finds it compiled, and warms it up.
    ///
    /// # Errors
    /// Why the module is refused.
    pub async fn load(
        &self,
        actor_type: &str,
        wasm: &[u8],
        settings: TypeSettings,
    ) -> Result<Arc<Module>, LoadError> {
        let inspected = self.inspect(wasm, settings).await?;
        let compiled = self.compile(inspected, wasm).await?;
        self.warm(compiled, actor_type).await
    }

    /// Looks at all that can be known without compiling: structure, imports against what
    /// is granted, exports against the contract, and how large it is.
    ///
    /// # Errors
    /// Why the module is refused.
    pub async fn inspect(
        &self,
        wasm: &[u8],
        mut settings: TypeSettings,
    ) -> Result<Inspected, LoadError> {
        let look = move |structure: &Structure| {
            let granted = settings.grant.settle(&structure.manifest);
            let discovered = discover::discover(structure, &granted)?;
            // Before the size is checked: a manifest that asks for little memory is held to it.
            granted.bound(&mut settings.limits);
            settings.grant = Grant::Exactly(granted);
            Ok((structure.manifest.clone(), discovered, settings))
        };
        self.inspected(wasm, look).await
    }

    async fn inspected(
        &self,
        wasm: &[u8],
        look: impl FnOnce(&Structure) -> Result<(Manifest, Discovered, TypeSettings), LoadError>
        + Send
        + 'static,
    ) -> Result<Inspected, LoadError> {
        // First, as it costs nothing and says more than the parser would.
        recognise(wasm)?;
        let (wasm, bounds) = (wasm.to_vec(), self.bounds);
        // A hostile one takes a second to read: not where turns run.
        let inspecting = tokio::task::spawn_blocking(move || {
            let structure = Structure::of(&wasm, &bounds)?;
            let (manifest, discovered, settings) = look(&structure)?;
            structure.total.check(&bounds, &settings.limits)?;
            Ok(Inspected {
                digest: ModuleDigest::of(&wasm),
                manifest,
                discovered,
                settings,
            })
        });
        let inspected = inspecting.await;
        inspected.map_err(|error| LoadError::Compiler(error.to_string()))?
    }

    /// Compiles what was inspected, or finds it compiled. `wasm` is what was inspected.
    ///
    /// # Errors
    /// When its code is not valid, or cannot be compiled within the bounds.
    pub async fn compile(&self, inspected: Inspected, wasm: &[u8]) -> Result<Compiled, LoadError> {
        let component = self.component(inspected.digest, wasm).await?;
        Ok(Compiled {
            inspected,
            component,
        })
    }

    /// Whether the module was compiled before.
    #[must_use]
    pub fn has_compiled(&self, digest: ModuleDigest) -> bool {
        let cache = self.cache.as_ref();
        cache.is_some_and(|cache| cache.has(digest))
    }

    /// Deletes its machine code from the disk.
    pub async fn forget(&self, digest: ModuleDigest) {
        if let Some(cache) = self.cache.clone() {
            drop(tokio::task::spawn_blocking(move || cache.remove(digest)).await);
        }
    }

    /// Links a compiled component, and starts its first instance.
    ///
    /// # Errors
    /// Why the module is refused.
    pub async fn warm(
        &self,
        compiled: Compiled,
        actor_type: &str,
    ) -> Result<Arc<Module>, LoadError> {
        // A copy: the clients of one module must not be there for another to import.
        let mut linker = self.linker.clone();
        let invalid = |error: wasmtime::Error| LoadError::Invalid(format!("{error:#}"));
        for client in &compiled.inspected.discovered.clients {
            imports::clients::add_to_linker(&mut linker, client).map_err(invalid)?;
        }
        self.start(actor_type, compiled, &linker).await
    }

    /// Loads a plugin: nothing is granted to it but `log`, and it cannot take more than a
    /// plugin may.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn load_plugin(&self, wasm: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        // Whatever its manifest asks for counts for nothing: a plugin is granted nothing.
        let look = |structure: &Structure| {
            let discovered = discover::plugin(structure)?;
            Ok((Manifest::default(), discovered, plugin::settings()))
        };
        let inspected = self.inspected(wasm, look).await?;
        let compiled = self.compile(inspected, wasm).await?;
        let module = self.start("plugin", compiled, &self.plugin_linker).await?;
        Ok(Arc::new(Plugin::new(module)))
    }

    /// The table of which plugin is bound to which actor.
    #[must_use]
    pub fn plugins(&self) -> &Arc<Plugins> {
        &self.plugins
    }

    async fn start(
        &self,
        actor_type: &str,
        compiled: Compiled,
        linker: &Linker<HostState>,
    ) -> Result<Arc<Module>, LoadError> {
        let Compiled {
            inspected,
            component,
        } = compiled;
        let pre = linker.instantiate_pre(&component);
        let pre = pre.map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        let settings = inspected.settings;
        let takes_turns = inspected.discovered.takes_turns && settings.whole_turns;
        let turn = takes_turns.then(|| turn_export::GuestIndices::new(&pre));
        let turn = turn.transpose();
        let turn = turn.map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        let (methods, hooks, clients) = inspected.discovered.found_in(&component);
        let mut module = Module {
            digest: inspected.digest,
            actor_type: actor_type.into(),
            methods,
            hooks,
            manifest: inspected.manifest,
            pool: Pool::new(&settings.limits, settings.reuse, &self.permits),
            template: InstanceTemplate {
                pre,
                settings: Arc::new(settings),
                plugins: Arc::clone(&self.plugins) as _,
                clients: clients.into(),
                ticks: Arc::clone(&self.ticks),
                turn,
            },
            schema: 1,
            subscriptions: Vec::new(),
        };
        // Also a rehearsal: a module whose first instance cannot start is refused here, not in a
        // turn.
        let asked = module.introspect().await;
        asked.map_err(|error| LoadError::Start(error.to_string()))?;
        Ok(Arc::new(module))
    }

    async fn component(&self, digest: ModuleDigest, wasm: &[u8]) -> Result<Component, LoadError> {
        if let Some(component) = self.cached(digest) {
            return Ok(component);
        }
        // Silos that share the cache and begin at once: one of them compiles, the others take what it made.
        let _turn = match self.cache.clone() {
            Some(cache) => {
                let waiting = tokio::task::spawn_blocking(move || cache.turn_to_compile(digest));
                waiting.await.ok().flatten()
            }
            None => None,
        };
        if let Some(component) = self.cached(digest) {
            return Ok(component);
        }
        let invalid = |error: wasmtime::Error| LoadError::Invalid(format!("{error:#}"));
        let code = match &self.compiling {
            Compiling::Here => self.compile_here(wasm).await?,
            Compiling::Apart(apart) => compile::apart(apart, self.reserved_bytes, wasm).await?,
        };
        let code = Arc::new(code);
        if let Some(cache) = self.cache.clone() {
            let code = Arc::clone(&code);
            let keeping = tokio::task::spawn_blocking(move || cache.store(digest, &code));
            // Waited for, so that whoever asks next whether it is compiled hears yes.
            drop(keeping.await);
        }
        // From the file where there is one: those who share it have it in memory once.
        match self.cached(digest) {
            Some(component) => Ok(component),
            None => cache::written_by_us(&self.engine, &code).map_err(invalid),
        }
    }

    fn cached(&self, digest: ModuleDigest) -> Option<Component> {
        let cache = self.cache.as_ref()?;
        cache.load(&self.engine, digest)
    }

    async fn compile_here(&self, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        let (engine, wasm) = (self.engine.clone(), wasm.to_vec());
        // Compiling takes a tenth of a second of CPU and more.
        let compiled = tokio::task::spawn_blocking(move || engine.precompile_component(&wasm));
        let compiled = compiled.await;
        let compiled = compiled.map_err(|error| LoadError::Compiler(error.to_string()))?;
        compiled.map_err(|error| LoadError::Invalid(format!("{error:#}")))
    }
}

/// Tells what is not a component apart, so that the error helps.
///
/// # Errors
/// What it is instead.
pub fn recognise(wasm: &[u8]) -> Result<(), LoadError> {
    let found = match wasm {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => "a core module",
        // Wasmtime writes precompiled code as an ELF file.
        [0x7f, b'E', b'L', b'F', ..] => "a native or precompiled file",
        [0, b'a', b's', b'm', ..] => "a component of another version, or a truncated one",
        [] => "an empty file",
        _ => "no WebAssembly at all",
    };
    Err(LoadError::NotAComponent { found })
}
