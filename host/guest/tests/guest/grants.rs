//! What a module is granted: by its manifest, and by the operator, who may grant less.

use std::sync::Arc;

use pizza_guest::{Grant, GuestError, LoadError, Manifest, Module, TypeSettings};
use pizza_types::Effect;

use crate::fixture::{host, turn};

/// Publishes to the streams `a` and `b`, and tells the actors `a/a` and `b/a` something.
const ASKING: &str = r#"(component
    (import "silo:actor/streams@0.1.0" (instance $streams (export "publish"
        (func (param "name" string) (param "key" string) (param "payload" string)))))
    (import "silo:actor/calls@0.1.0" (instance $calls (export "send"
        (func (param "actor-type" string) (param "key" string) (param "method" string)
            (param "arguments" string)))))
    (core module $memory (memory (export "memory") 1) (data (i32.const 0) "ab{}"))
    (core instance $m (instantiate $memory))
    (core func $publish (canon lower (func $streams "publish") (memory (core memory $m "memory"))))
    (core func $send (canon lower (func $calls "send") (memory (core memory $m "memory"))))
    (core module $main
        (import "h" "publish" (func $p (param i32 i32 i32 i32 i32 i32)))
        (import "h" "send" (func $s (param i32 i32 i32 i32 i32 i32 i32 i32)))
        (func $publish (param i32)
            (call $p (local.get 0) (i32.const 1) (i32.const 0) (i32.const 1)
                (i32.const 2) (i32.const 2)))
        (func $tell (param i32)
            (call $s (local.get 0) (i32.const 1) (i32.const 0) (i32.const 1)
                (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 2)))
        (func (export "publish-a") (call $publish (i32.const 0)))
        (func (export "publish-b") (call $publish (i32.const 1)))
        (func (export "tell-a") (call $tell (i32.const 0)))
        (func (export "tell-b") (call $tell (i32.const 1))))
    (core instance $i (instantiate $main (with "h" (instance
        (export "publish" (func $publish)) (export "send" (func $send))))))
    (func $publish-a (canon lift (core func $i "publish-a")))
    (func $publish-b (canon lift (core func $i "publish-b")))
    (func $tell-a (canon lift (core func $i "tell-a")))
    (func $tell-b (canon lift (core func $i "tell-b")))
    (instance $e
        (export "publish-a" (func $publish-a)) (export "publish-b" (func $publish-b))
        (export "tell-a" (func $tell-a)) (export "tell-b" (func $tell-b)))
    (export "test:asking/asking@0.1.0" (instance $e)))"#;

/// With this manifest in a custom section.
fn asking(manifest: &str) -> Vec<u8> {
    let mut wasm = wat::parse_str(ASKING).expect("a component");
    let name = b"silo:manifest";
    let size = 1 + name.len() + manifest.len();
    // LEB128, always in two bytes: more than enough for a small manifest.
    wasm.extend([0, (size & 0x7f) as u8 | 0x80, (size >> 7) as u8]);
    wasm.push(name.len() as u8);
    wasm.extend(name);
    wasm.extend(manifest.as_bytes());
    wasm
}

async fn load(manifest: &str, grant: Grant) -> Result<Arc<Module>, LoadError> {
    let settings = TypeSettings {
        grant,
        ..TypeSettings::default()
    };
    host().load("asking", &asking(manifest), settings).await
}

async fn refusal(module: &Module, method: &str) -> String {
    match module.run(turn(method, "")).await {
        Err(error @ GuestError::NotGranted(_)) => error.to_string(),
        other => panic!("{method}: {other:?}"),
    }
}

#[tokio::test]
async fn a_module_may_do_what_its_manifest_asks_for_and_no_more() {
    let manifest = r#"{"calls": ["a.*"], "publishes": ["a"]}"#;
    let module = load(manifest, Grant::AsAsked).await.expect("it loads");
    let published = module.run(turn("publish-a", "")).await.expect("granted");
    assert!(matches!(&published.effects[..], [Effect::Publish { stream, .. }] if **stream == *"a"));
    let told = module.run(turn("tell-a", "")).await.expect("granted");
    assert!(matches!(&told.effects[..], [Effect::Send { .. }]));
    assert!(refusal(&module, "publish-b").await.contains(
        "\"b\" is not granted to this module: its manifest has to ask for \"publishes\": [\"b\"]"
    ));
    assert!(
        refusal(&module, "tell-b")
            .await
            .contains("b.a is not granted")
    );
}

#[tokio::test]
async fn an_operator_grants_less_than_a_manifest_asks_for() {
    let everything = r#"{"calls": ["*"], "publishes": ["*"], "limits": {"effects": 0}}"#;
    let less = Manifest {
        calls: vec!["b.a".to_owned()],
        publishes: vec!["b".to_owned()],
        ..Manifest::default()
    };
    let module = load(everything, Grant::Within(less))
        .await
        .expect("it loads");
    refusal(&module, "publish-a").await;
    refusal(&module, "tell-a").await;
    // Granted, and above the bound that the module set itself.
    let bounded = module.run(turn("publish-b", "")).await;
    assert!(
        matches!(bounded, Err(GuestError::TooManyEffects { limit: 0 })),
        "{bounded:?}"
    );
}

#[tokio::test]
async fn what_is_not_asked_for_is_refused_when_it_is_loaded() {
    let streams = r#"{"publishes": ["a"]}"#;
    let calls = r#"{"calls": ["a.a"]}"#;
    for (manifest, place) in [
        ("{}", "silo:actor/"),
        (streams, "calls"),
        (calls, "streams"),
    ] {
        let refused = load(manifest, Grant::AsAsked).await.err();
        let Some(LoadError::NotGranted { subject: found, .. }) = &refused else {
            panic!("{manifest}: {refused:?}");
        };
        assert!(found.contains(place), "{manifest}: {found}");
    }
    for nonsense in ["{", r#"{"call": []}"#, "7"] {
        let refused = load(nonsense, Grant::AsAsked).await.err();
        assert!(
            matches!(refused, Some(LoadError::Manifest(_))),
            "{nonsense}: {refused:?}"
        );
    }
}
