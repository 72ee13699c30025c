//! A host, hostile modules, and turns for them.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_guest::{
    Calls, Entries, Grant, GuestError, HostConfig, Invocation, Limits, Manifest, Module, Reuse,
    Turn, TypeSettings, WasmHost,
};
use pizza_types::{ActorId, CallError, MessageId, Outcome};

pub(crate) const HOSTILE: &str = include_str!("hostile.wat");
pub(crate) const GRASPING: &str = include_str!("grasping.wat");

pub(crate) fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text of a component")
}

/// Nobody is there to be called.
struct Nobody;

#[async_trait]
impl Calls for Nobody {
    async fn call(&self, _: ActorId, _: Arc<str>, _: Bytes) -> Result<Bytes, CallError> {
        Err(CallError::Moved)
    }
}

pub(crate) fn turn(method: &str, arguments: &str) -> Turn {
    Turn {
        actor: ActorId::new("hostile", "a").expect("a valid id"),
        invocation: Invocation::call(method, Bytes::copy_from_slice(arguments.as_bytes())),
        message_id: MessageId([7; 16]),
        caller: None,
        now_ms: 1_000,
        random_seed: 1,
        trace: None,
        depth: 0,
        deadline_ms_left: 20_000,
        state: None,
        entries: Entries::default(),
        calls: Arc::new(Nobody),
    }
}

/// A module and what keeps it going.
pub(crate) struct Guest {
    _host: Arc<WasmHost>,
    pub(crate) module: Arc<Module>,
}

pub(crate) fn host() -> Arc<WasmHost> {
    Arc::new(WasmHost::new(HostConfig::default()).expect("an engine"))
}

pub(crate) async fn hostile(change: impl FnOnce(&mut TypeSettings)) -> Guest {
    hostile_on(&host(), change).await
}

pub(crate) async fn hostile_on(
    host: &Arc<WasmHost>,
    change: impl FnOnce(&mut TypeSettings),
) -> Guest {
    guest_on(host, HOSTILE, change).await
}

pub(crate) async fn grasping_on(
    host: &Arc<WasmHost>,
    change: impl FnOnce(&mut TypeSettings),
) -> Guest {
    guest_on(host, GRASPING, change).await
}

pub(crate) async fn guest_on(
    host: &Arc<WasmHost>,
    text: &str,
    change: impl FnOnce(&mut TypeSettings),
) -> Guest {
    let mut settings = TypeSettings {
        grant: Grant::Exactly(Manifest::everything()),
        ..TypeSettings::default()
    };
    change(&mut settings);
    let loaded = host.load("hostile", &component(text), settings).await;
    Guest {
        _host: Arc::clone(host),
        module: loaded.expect("the module loads"),
    }
}

impl Guest {
    pub(crate) async fn call(&self, method: &str, arguments: &str) -> Result<Outcome, GuestError> {
        self.module.run(turn(method, arguments)).await
    }

    pub(crate) async fn reply(&self, method: &str, arguments: &str) -> String {
        let outcome = self.call(method, arguments).await.expect("an outcome");
        String::from_utf8(outcome.reply.to_vec()).expect("JSON is text")
    }

    pub(crate) async fn refusal(&self, method: &str, arguments: &str) -> GuestError {
        match self.call(method, arguments).await {
            Err(error) => error,
            Ok(outcome) => panic!("{method} was allowed: {outcome:?}"),
        }
    }
}

pub(crate) fn limits(change: impl FnOnce(&mut Limits)) -> impl FnOnce(&mut TypeSettings) {
    |settings| change(&mut settings.limits)
}

pub(crate) fn fresh(settings: &mut TypeSettings) {
    settings.reuse = Reuse::Fresh;
}
