//! From bytes to a module that could serve: verify, inspect, compile, warm,
//! check, keep.

use std::time::Instant;

use bytes::Bytes;
use pizza_guest::{Change, Module, compare, recognise};
use pizza_types::ModuleDigest;

use crate::compat;
use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::record::Info;
use crate::sign::Signature;

/// A module that comes in.
#[derive(Debug, Clone)]
pub struct Push {
    pub actor_type: String,
    /// The component's binary.
    pub wasm: Bytes,
    pub signature: Option<Signature>,
}

/// A stage that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub stage: &'static str,
    /// The time that it took, in microseconds.
    pub took_us: u64,
}

/// A module that was taken, and what it would mean to let it serve.
#[derive(Debug, Clone)]
pub struct Pushed {
    pub info: Info,
    /// What it changes, compared with what serves the type now; empty when nothing does.
    pub changes: Vec<Change>,
    /// Calls that would no longer get what they expect, if it served now.
    pub breaks: Vec<String>,
}

impl Modules {
    /// Takes a module, and tells of each stage as it is done. Nothing serves differently
    /// before it is activated.
    ///
    /// # Errors
    /// The refusal of the first stage that refuses; the audit log has it too.
    pub async fn push(
        &self,
        push: Push,
        done: &mut (dyn FnMut(Step) + Send),
    ) -> Result<Pushed, Refusal> {
        let digest = ModuleDigest::of(&push.wasm);
        let actor_type = push.actor_type.clone();
        let pushed = self.0.push(digest, push, done).await;
        // What is no type at all is nothing to remember under its name.
        if let Err(refusal) = &pushed
            && is_type(&actor_type)
        {
            let detail = format!("{}: {refusal}", refusal.stage());
            let line = self
                .0
                .line(&actor_type, digest, "refused", "operator", detail);
            self.0.note(line).await;
        }
        pushed
    }
}

fn signed(info: &Info) -> String {
    match &info.signed_by {
        Some(key) => format!("{} bytes, signed by {key}", info.bytes),
        None => format!("{} bytes, not signed", info.bytes),
    }
}

impl Inner {
    async fn push(
        &self,
        digest: ModuleDigest,
        push: Push,
        done: &mut (dyn FnMut(Step) + Send),
    ) -> Result<Pushed, Refusal> {
        let mut watch = StopWatch {
            begun: Instant::now(),
            done,
        };
        let signed_by = self.verify(digest, &push)?;
        // One component, one type: the audit log and the plans name a module by its digest.
        if let Some(known) = self.registry.info(digest).await?
            && known.actor_type != push.actor_type
        {
            let actor_type = known.actor_type;
            return Err(Refusal::OtherType { digest, actor_type });
        }
        watch.lap("verify");
        let inspected = self.inspect(&push.wasm, &push.actor_type).await?;
        watch.lap("inspect");
        let compiled = self.compile(inspected, &push.wasm).await?;
        watch.lap("compile");
        let module = self.warm(compiled, &push.actor_type).await?;
        watch.lap("warm");
        let served = self.port.served(&push.actor_type);
        let changes = served.map_or_else(Vec::new, |served| compare(&served.current, &module));
        // Told, not refused: what breaks now may fit once other modules have come.
        let breaks = compat::breaks(&*self.port, &module);
        watch.lap("check");
        let info = Info {
            signed_by,
            signature: push.signature,
            ..info(&module, push.wasm.len(), self.port.wall_ms())
        };
        let (actor_type, detail) = (&info.actor_type, signed(&info));
        let line = self.line(actor_type, digest, "pushed", "operator", detail);
        self.registry.put(&info, push.wasm, &line).await?;
        // Only the cleaning up must not meet a plan that changes; compiling has not held it.
        {
            let _one = self.changing.lock().await;
            self.clean(&info.actor_type, digest).await;
        }
        watch.lap("keep");
        Ok(Pushed {
            info,
            changes,
            breaks,
        })
    }

    /// Checks what can be checked of the bytes alone. Returns the trusted key that signed it, if
    /// one did.
    fn verify(&self, digest: ModuleDigest, push: &Push) -> Result<Option<String>, Refusal> {
        let (bytes, bytes_max) = (push.wasm.len(), self.settings.bytes_max);
        if bytes > bytes_max {
            return Err(Refusal::TooLarge { bytes, bytes_max });
        }
        if !is_type(&push.actor_type) {
            let name = push.actor_type.chars().take(80).collect();
            return Err(Refusal::ActorType(name));
        }
        // Before the signature: the error for a wrong kind of file is more help than that one.
        recognise(&push.wasm)?;
        let (trust, signature) = (&self.settings.trust, push.signature.as_ref());
        Ok(trust.signer(signature, digest, &push.actor_type)?)
    }
}

pub(crate) fn info(module: &Module, bytes: usize, at_ms: u64) -> Info {
    let methods = module.methods().map(|method| method.function.name.clone());
    let mut methods: Vec<String> = methods.collect();
    // As an operator lists them; the component's order says nothing.
    methods.sort();
    let subscriptions = module.subscriptions().iter().map(ToString::to_string);
    Info {
        digest: module.digest(),
        actor_type: module.actor_type().to_string(),
        bytes: bytes as u64,
        at_ms,
        schema: module.schema(),
        signed_by: None,
        signature: None,
        is_bundled: false,
        methods,
        subscriptions: subscriptions.collect(),
        manifest: module.manifest().clone(),
    }
}

/// Whether this is the name of a type. The rule is stricter than that of an actor's id: a type is
/// a name that people write.
fn is_type(name: &str) -> bool {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    begins && name.len() <= 64 && name.bytes().all(allowed)
}

struct StopWatch<'a> {
    begun: Instant,
    done: &'a mut (dyn FnMut(Step) + Send),
}

impl StopWatch<'_> {
    fn lap(&mut self, stage: &'static str) {
        let took = std::mem::replace(&mut self.begun, Instant::now()).elapsed();
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        (self.done)(Step { stage, took_us });
    }
}
