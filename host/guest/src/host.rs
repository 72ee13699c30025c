//! Engine, compilation and loading.

use std::sync::Arc;
use std::time::Duration;

use pizza_types::ModuleDigest;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::cache::{self, Cache};
use crate::compile::{self, Compiling};
use crate::desk::Desk;
use crate::discover::{self, Discovered};
use crate::engine::{Ticker, engine};
use crate::error::LoadError;
use crate::imports;
use crate::manifest::Manifest;
use crate::module::Module;
use crate::plugin::{self, Plugin};
use crate::plugins::Plugins;
use crate::pool::Pool;
use crate::settings::{Grant, HostConfig, TypeSettings};
use crate::slots::Slots;
use crate::wasi;

/// Loads modules. Dropping it stops the clock that bounds their turns.
pub struct WasmHost {
    engine: Engine,
    linker: Linker<Desk>,
    cache: Option<Arc<Cache>>,
    compiling: Compiling,
    reserved_bytes: u64,
    slots: Arc<Slots>,
    plugins: Arc<Plugins>,
    plugin_linker: Linker<Desk>,
    tick: Duration,
    _ticker: Ticker,
}

/// A component in machine code, not yet looked at.
pub struct Compiled {
    digest: ModuleDigest,
    manifest: Manifest,
    component: Component,
}

impl Compiled {
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// What is known of a component before its first instance.
struct Parts {
    digest: ModuleDigest,
    manifest: Manifest,
    pre: InstancePre<Desk>,
    discovered: Discovered,
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
        let ticker = Ticker::start(&engine, tick)?;
        Ok(Self {
            engine,
            linker,
            cache,
            compiling: config.compiling,
            reserved_bytes,
            slots: Arc::new(Slots::new(config.instances_max)),
            plugins: Arc::default(),
            plugin_linker,
            tick,
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
        let compiled = self.compile(wasm).await?;
        self.warm(compiled, actor_type, settings).await
    }

    /// Looks at the component without compiling it, compiles it, or finds it compiled.
    ///
    /// # Errors
    /// When it is none, or imports what nobody is granted, or cannot be compiled within
    /// the bounds.
    pub async fn compile(&self, wasm: &[u8]) -> Result<Compiled, LoadError> {
        recognise(wasm)?;
        let manifest = manifest(wasm).await?;
        let digest = ModuleDigest::of(wasm);
        let component = self.component(digest, wasm).await?;
        Ok(Compiled {
            digest,
            manifest,
            component,
        })
    }

    /// Whether the module was compiled before.
    #[must_use]
    pub fn has_compiled(&self, digest: ModuleDigest) -> bool {
        let cache = self.cache.as_ref();
        cache.is_some_and(|cache| cache.has(digest))
    }

    /// Looks at what a compiled component offers and needs, and starts its first instance.
    ///
    /// # Errors
    /// Why the module is refused.
    pub async fn warm(
        &self,
        compiled: Compiled,
        actor_type: &str,
        mut settings: TypeSettings,
    ) -> Result<Arc<Module>, LoadError> {
        let Compiled {
            digest,
            manifest,
            component,
        } = compiled;
        let granted = settings.grant.settle(&manifest);
        let discovered = discover::discover(&self.engine, &component, &granted)?;
        granted.bound(&mut settings.limits);
        settings.grant = Grant::Exactly(granted);
        let mut linker = self.linker.clone();
        let invalid = |error: wasmtime::Error| LoadError::Invalid(format!("{error:#}"));
        for client in &discovered.clients {
            imports::clients::add_to_linker(&mut linker, client).map_err(invalid)?;
        }
        let pre = linker.instantiate_pre(&component).map_err(invalid)?;
        let parts = Parts {
            digest,
            manifest,
            pre,
            discovered,
        };
        self.start(actor_type, parts, settings).await
    }

    /// Loads a plugin: nothing is granted to it but `log`, and it cannot take more than a
    /// plugin may.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn load_plugin(&self, wasm: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        recognise(wasm)?;
        let digest = ModuleDigest::of(wasm);
        let component = self.component(digest, wasm).await?;
        let discovered = discover::plugin(&self.engine, &component)?;
        let invalid = |error: wasmtime::Error| LoadError::Invalid(format!("{error:#}"));
        let pre = self.plugin_linker.instantiate_pre(&component);
        let parts = Parts {
            digest,
            // Whatever it asks for.
            manifest: Manifest::default(),
            pre: pre.map_err(invalid)?,
            discovered,
        };
        let module = self.start("plugin", parts, plugin::settings()).await?;
        Ok(Arc::new(Plugin::new(module)))
    }

    /// Which plugin is bound to which actor.
    #[must_use]
    pub fn plugins(&self) -> &Arc<Plugins> {
        &self.plugins
    }

    async fn start(
        &self,
        actor_type: &str,
        parts: Parts,
        settings: TypeSettings,
    ) -> Result<Arc<Module>, LoadError> {
        let discovered = parts.discovered;
        let mut module = Module {
            digest: parts.digest,
            actor_type: actor_type.into(),
            pre: parts.pre,
            methods: discovered.methods,
            hooks: discovered.hooks,
            clients: discovered.clients,
            manifest: parts.manifest,
            pool: Pool::new(&settings.limits, settings.reuse, &self.slots),
            plugins: Arc::clone(&self.plugins),
            tick: self.tick,
            settings: Arc::new(settings),
            schema: 1,
            subscriptions: Vec::new(),
        };
        let asked = module.ask_about_itself().await;
        asked.map_err(|error| LoadError::Start(error.to_string()))?;
        Ok(Arc::new(module))
    }

    async fn component(&self, digest: ModuleDigest, wasm: &[u8]) -> Result<Component, LoadError> {
        if let Some(cache) = &self.cache
            && let Some(component) = cache.load(&self.engine, digest)
        {
            return Ok(component);
        }
        let invalid = |error: wasmtime::Error| LoadError::Invalid(format!("{error:#}"));
        let code = match &self.compiling {
            Compiling::Here => self.compile_here(wasm).await?,
            Compiling::Apart(apart) => compile::apart(apart, self.reserved_bytes, wasm).await?,
        };
        let component = cache::written_by_us(&self.engine, &code).map_err(invalid)?;
        if let Some(cache) = self.cache.clone() {
            let keeping = tokio::task::spawn_blocking(move || cache.store(digest, &code));
            drop(keeping.await);
        }
        Ok(component)
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

/// Reads all of the component, which may be made to take a second: not where turns run.
async fn manifest(wasm: &[u8]) -> Result<Manifest, LoadError> {
    let wasm = wasm.to_vec();
    let read = tokio::task::spawn_blocking(move || Manifest::of(&wasm)).await;
    read.map_err(|error| LoadError::Compiler(error.to_string()))?
}

/// Tells what is not a component apart, so that the error helps.
///
/// # Errors
/// What it is instead.
pub fn recognise(wasm: &[u8]) -> Result<(), LoadError> {
    let found = match wasm {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => "a core module",
        [0x7f, b'E', b'L', b'F', ..] => "a native or precompiled file",
        [0, b'a', b's', b'm', ..] => "a component of another version, or a truncated one",
        [] => "an empty file",
        _ => "no WebAssembly at all",
    };
    Err(LoadError::NotAComponent { found })
}
