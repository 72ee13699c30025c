//! The little of a silo that a module needs to be uploaded, activated and called.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use pizza_guest::{Grant, GuestError, HostConfig, LoadError, Manifest, Module, Turn, TypeSettings};
use pizza_guest::{Invocation, WasmHost};
use pizza_modules::{Activate, How, Modules, Push, Refusal, Served, ServingPort, Settings};
use pizza_store::MemoryStore;
use pizza_types::{ActorId, MessageId, ModuleDigest, ModuleMetrics};

/// Whatever was activated last serves.
#[derive(Default)]
struct Serving(Mutex<BTreeMap<String, Served>>);

#[async_trait]
impl ServingPort for Serving {
    fn silo(&self) -> &'static str {
        "test"
    }

    fn now_ms(&self) -> u64 {
        1_000
    }

    fn wall_ms(&self) -> u64 {
        1_000
    }

    fn types(&self) -> Vec<String> {
        self.0.lock().keys().cloned().collect()
    }

    fn served(&self, actor_type: &str) -> Option<Served> {
        self.0.lock().get(actor_type).cloned()
    }

    fn serve(&self, served: Served) {
        let actor_type = served.current.actor_type().to_string();
        self.0.lock().insert(actor_type, served);
    }

    async fn prepare(&self, _: ModuleDigest) -> Vec<String> {
        Vec::new()
    }

    async fn changed(&self, _: &str) {}

    fn is_alone(&self) -> bool {
        true
    }

    fn metrics(&self, _: &Module) -> Option<ModuleMetrics> {
        None
    }

    fn settings(&self, _: &str) -> TypeSettings {
        let mut settings = TypeSettings {
            grant: Grant::Exactly(Manifest::everything()),
            ..TypeSettings::default()
        };
        settings.limits.cpu_ms = 20;
        settings
    }
}

/// How a module's way ended.
pub(crate) enum End {
    Refused(Refusal),
    /// What each call came to: the bound that stopped it, or nothing.
    Served {
        calls: Vec<Option<GuestError>>,
    },
}

impl End {
    /// For the report; a panic of the compiler is one of ours, wherever it was caught.
    pub(crate) fn words(&self, seed: u64) -> Vec<String> {
        match self {
            Self::Refused(Refusal::Load(LoadError::Compiler(error))) => {
                panic!("module {seed}: {error}")
            }
            Self::Refused(refusal) => vec![format!("refused at {}", refusal.stage())],
            Self::Served { calls } => {
                let bound = |call: &Option<GuestError>| call.as_ref().map_or("done", |e| e.bound());
                let words = calls.iter().map(|call| format!("called: {}", bound(call)));
                words.collect()
            }
        }
    }
}

pub(crate) struct Silo {
    modules: Modules,
    serving: Arc<Serving>,
}

const NEIGHBOUR: &str = r#"(component
    (core module $m (func (export "f") (result i32) (i32.const 7)))
    (core instance $m (instantiate $m))
    (func $f (result u32) (canon lift (core func $m "f")))
    (instance $i (export "f" (func $f)))
    (export "test:neighbour/neighbour@0.1.0" (instance $i)))"#;

impl Silo {
    pub(crate) async fn start() -> Self {
        let host = WasmHost::new(HostConfig::default()).expect("an engine");
        let serving = Arc::new(Serving::default());
        let (store, port) = (Arc::new(MemoryStore::new()), Arc::clone(&serving));
        let modules = Modules::new(Arc::new(host), store, port, Settings::default());
        let silo = Self { modules, serving };
        let neighbour = wat::parse_str(NEIGHBOUR).expect("a component");
        let put = silo.activate("neighbour", neighbour).await;
        put.expect("the neighbour serves");
        silo
    }

    async fn activate(&self, actor_type: &str, wasm: Vec<u8>) -> Result<(), Refusal> {
        let push = Push {
            actor_type: actor_type.to_owned(),
            wasm: wasm.into(),
            signature: None,
        };
        let pushed = self.modules.push(push, &mut |_| ()).await?;
        let activate = Activate {
            digest: pushed.info.digest.to_string(),
            how: How::Everybody,
            silo: None,
            force: true,
            allow_withdrawn: false,
            force_unreadable: false,
            version: None,
        };
        self.modules.activate(&activate).await.map(|_| ())
    }

    /// From upload to a call of each method.
    pub(crate) async fn whole_way(&self, wasm: Vec<u8>) -> End {
        if let Err(refusal) = self.activate("made", wasm).await {
            return End::Refused(refusal);
        }
        let module = self.current("made");
        let mut names: Vec<_> = module.methods().map(|m| m.function.name.clone()).collect();
        names.sort_unstable();
        let mut calls = Vec::new();
        for name in names {
            let arguments = match name.as_str() {
                "a" => "[-1, 9223372036854775807]",
                "b" => r#"[1.5, "NaN"]"#,
                _ => "[]",
            };
            calls.push(module.run(turn(&name, arguments)).await.err());
        }
        End::Served { calls }
    }

    pub(crate) async fn neighbour_goes_on(&self) {
        let outcome = self.current("neighbour").run(turn("f", "[]")).await;
        assert_eq!(outcome.expect("an outcome").reply, "7");
    }

    fn current(&self, actor_type: &str) -> Arc<Module> {
        self.serving.served(actor_type).expect("it serves").current
    }
}

fn turn(method: &str, arguments: &str) -> Turn {
    let actor = ActorId::new("made", "one").expect("a valid id");
    let invocation = Invocation::call(method, Bytes::copy_from_slice(arguments.as_bytes()));
    Turn::alone(actor, invocation, MessageId([1; 16]), 1_000)
}
