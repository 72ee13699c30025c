//! Modules that come with the program: at start, they are taken in the same way as all others.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use pizza_guest::Module;
use pizza_types::ModuleDigest;

use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::push;
use crate::record::{Canary, Info, Plan};
use crate::serving::Served;

/// A module that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    pub actor_type: &'static str,
    pub wasm: &'static [u8],
}

/// What a type is to be served by, and whether that is news.
struct Start {
    plan: Plan,
    /// Whether the plan differs from the one that is kept.
    is_new: bool,
    /// The module that came with the program for this type, if one did.
    bundled: Option<(ModuleDigest, &'static [u8])>,
}

impl Modules {
    /// Lets every type be served as its plan says. A bundled module serves where nothing
    /// else was ever activated, or only its predecessor of an older program.
    ///
    /// # Errors
    /// Why a type cannot be served, with its name.
    pub async fn start(&self, bundled: &[Bundled]) -> Result<(), (String, Refusal)> {
        let inner = &self.0;
        let mut starts = BTreeMap::new();
        let types = inner.registry.types().await;
        let types = types.map_err(|error| (String::from("every type"), error.into()))?;
        let names = bundled.iter().map(|module| module.actor_type.to_owned());
        for name in types.into_iter().chain(names) {
            let module = bundled.iter().find(|module| module.actor_type == name);
            let start = inner.start_of(&name, module).await;
            if let Some(start) = start.map_err(|refusal| (name.clone(), refusal))? {
                starts.insert(name, start);
            }
        }
        // A hundred milliseconds each, where they were not compiled before.
        let loads = starts.iter().map(|(name, start)| async move {
            let served = inner.load(name, start).await;
            served.map_err(|refusal| (name.clone(), refusal))
        });
        let all: Vec<Served> = try_join_all(loads).await?;
        // All serve before any is checked: each calls others, in no order.
        for served in &all {
            inner.port.serve(served.clone());
        }
        for served in &all {
            let module = &served.current;
            let breaks = crate::compat::breaks(&*inner.port, module);
            if !breaks.is_empty() {
                return Err((module.actor_type().to_string(), Refusal::Breaks(breaks)));
            }
        }
        for (served, (name, start)) in all.iter().zip(&starts) {
            let kept = inner.keep(name, start, &served.current).await;
            kept.map_err(|refusal| (name.clone(), refusal))?;
        }
        Ok(())
    }
}

impl Inner {
    async fn start_of(
        &self,
        name: &str,
        bundled: Option<&Bundled>,
    ) -> Result<Option<Start>, Refusal> {
        let plan = self.registry.plan(name, self.port.silo()).await?;
        let bundled = bundled.map(|module| (ModuleDigest::of(module.wasm), module.wasm));
        let now_ms = self.port.wall_ms();
        let withdrawn = match bundled {
            Some((digest, _)) => self.registry.withdrawn(digest).await?.is_some(),
            None => false,
        };
        let (plan, is_new) = match (plan, bundled) {
            (None, None) => return Ok(None),
            (None, Some((digest, _))) => (Plan::only(digest, now_ms), true),
            (Some(plan), Some((digest, _))) if plan.bundled == Some(digest) => (plan, false),
            // An older program, whose module was withdrawn since: what serves stays.
            (Some(plan), Some((digest, _))) if withdrawn && plan.current != digest => (plan, false),
            // A newer program; what an operator chose stays.
            (Some(plan), Some((digest, _))) if plan.bundled == Some(plan.current) => {
                (plan.succeeded_by(digest, now_ms), true)
            }
            (Some(plan), bundled) => (plan, bundled.is_some()),
        };
        // A type that this program does not bring keeps what an older one brought.
        let before = plan.bundled;
        let plan = Plan {
            bundled: bundled.map(|(digest, _)| digest).or(before),
            ..plan
        };
        Ok(Some(Start {
            plan,
            is_new,
            bundled,
        }))
    }

    async fn load(&self, name: &str, start: &Start) -> Result<Served, Refusal> {
        let current = self.loaded(name, start, start.plan.current).await?;
        let canary = match &start.plan.canary {
            None => None,
            Some(Canary { digest, percent }) => {
                Some((self.loaded(name, start, *digest).await?, *percent))
            }
        };
        Ok(Served { current, canary })
    }

    async fn loaded(
        &self,
        name: &str,
        start: &Start,
        digest: ModuleDigest,
    ) -> Result<Arc<Module>, Refusal> {
        match start.bundled {
            // At start nobody else needs the cores, so all are compiled at once.
            Some((bundled, wasm)) if bundled == digest => {
                let inspected = self.inspect(wasm, name).await?;
                let compiled = self.host.compile(inspected, wasm).await?;
                self.warm(compiled, name).await
            }
            _ => self.module(digest).await,
        }
    }

    async fn keep(&self, name: &str, start: &Start, module: &Arc<Module>) -> Result<(), Refusal> {
        // The usual start writes nothing.
        if !start.is_new {
            return Ok(());
        }
        if let Some((digest, wasm)) = start.bundled
            && digest == module.digest()
        {
            let info = Info {
                is_bundled: true,
                ..push::info(module, wasm.len(), self.port.wall_ms())
            };
            let detail = "it came with the program".to_owned();
            let line = self.line(name, digest, "activated", "program", detail);
            let wasm = Bytes::from_static(wasm);
            self.registry.put(&info, wasm, &line).await?;
        }
        self.registry.keep_plan(name, &start.plan).await?;
        Ok(())
    }
}
