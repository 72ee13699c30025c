//! What is no module of ours is refused at load, and the refusal says why.

use pizza_guest::{Grant, HostConfig, LoadError, Manifest, TypeSettings, WasmHost};

use crate::fixture::{component, host, hostile, hostile_on, limits};

async fn refused(wasm: &[u8]) -> LoadError {
    let loaded = host().load("test", wasm, TypeSettings::default()).await;
    loaded.err().expect("a refusal")
}

#[tokio::test]
async fn bytes_that_are_no_component_are_named() {
    let whole = component("(component)");
    let cases: [(&[u8], &str); 6] = [
        (b"", "an empty file"),
        (b"\x7fELF\x02\x01\x01", "a native or precompiled file"),
        (b"\0asm\x01\0\0\0", "a core module"),
        (&whole[..6], "truncated"),
        (b"(component)", "no WebAssembly at all"),
        (&[0xaa; 5_000], "no WebAssembly at all"),
    ];
    for (wasm, what) in cases {
        let error = refused(wasm).await;
        assert!(
            matches!(error, LoadError::NotAComponent { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_component_is_refused_wherever_it_is_cut() {
    let whole = component(include_str!("hostile.wat"));
    let host = host();
    for length in (8..whole.len()).step_by(97) {
        let cut = host.load("test", &whole[..length], TypeSettings::default());
        let error = cut.await.err().expect("a refusal");
        assert!(!error.to_string().is_empty(), "at {length}");
    }
}

#[tokio::test]
async fn an_import_that_is_not_granted_is_named() {
    for import in [
        "wasi:sockets/tcp@0.2.0",
        "wasi:filesystem/types@0.2.0",
        "wasi:http/types@0.2.0",
    ] {
        let text = format!(r#"(component (import "{import}" (instance (export "open" (func)))))"#);
        let error = refused(&component(&text)).await;
        let LoadError::ForbiddenImport { name, allowed } = error else {
            panic!("{error:?}");
        };
        assert_eq!(name, import);
        assert!(allowed.contains("silo:actor/"), "{allowed}");
    }
}

#[tokio::test]
async fn a_platform_function_of_another_type_is_refused() {
    let text = r#"(component
        (import "silo:actor/state@0.1.0" (instance (export "clear" (func (param "all" bool)))))
        (core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (instance $i (export "f" (func $f)))
        (export "a:b/c" (instance $i)))"#;
    let error = refused(&component(text)).await;
    assert!(error.to_string().contains("silo:actor/state"), "{error}");
}

#[tokio::test]
async fn a_hook_of_another_type_is_refused() {
    for (interface, function, tells) in [
        ("timer-events", "on-timer", "parameter"),
        ("lifecycle", "wake", "no such function"),
    ] {
        let text = format!(
            r#"(component
                (core module $m (func (export "f")))
                (core instance $m (instantiate $m))
                (func $f (canon lift (core func $m "f")))
                (instance $i (export "{function}" (func $f)))
                (export "silo:actor/{interface}@0.1.0" (instance $i)))"#
        );
        let error = refused(&component(&text)).await;
        assert!(matches!(error, LoadError::Hook { .. }), "{error:?}");
        assert!(error.to_string().contains(tells), "{error}");
    }
}

#[tokio::test]
async fn a_component_that_offers_nothing_is_refused() {
    let error = refused(&component("(component)")).await;
    assert!(matches!(error, LoadError::NoExports), "{error:?}");
}

#[tokio::test]
async fn one_name_in_two_interfaces_is_refused() {
    let text = r#"(component
        (core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (instance $i (export "f" (func $f)))
        (export "a:b/c" (instance $i))
        (export "a:b/d" (instance $i)))"#;
    let error = refused(&component(text)).await;
    let LoadError::DuplicateMethod { name, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(name, "f");
}

#[tokio::test]
async fn a_memory_that_starts_too_large_is_refused() {
    let loaded = host()
        .load("hostile", &component(include_str!("hostile.wat")), {
            let mut settings = TypeSettings {
                grant: Grant::Exactly(Manifest::everything()),
                ..TypeSettings::default()
            };
            limits(|limits| limits.memory_bytes = 1_000)(&mut settings);
            settings
        })
        .await;
    let error = loaded.err().expect("a refusal");
    assert!(error.to_string().contains("1000 bytes"), "{error}");
}

#[tokio::test]
async fn an_initialiser_that_never_ends_is_stopped() {
    let text = r#"(component
        (core module $m (func $s (loop (br 0))) (start $s) (func (export "f")))
        (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (instance $i (export "f" (func $f)))
        (export "a:b/c" (instance $i)))"#;
    let error = refused(&component(text)).await;
    assert!(matches!(error, LoadError::Start(_)), "{error:?}");
}

#[tokio::test]
async fn compiled_code_is_loaded_only_if_we_wrote_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = HostConfig {
        cache_dir: Some(dir.path().to_owned()),
        ..HostConfig::default()
    };
    let files = || {
        let entries = std::fs::read_dir(dir.path()).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let code = paths.filter(|path| path.extension().is_some_and(|e| e == "cwasm"));
        code.collect::<Vec<_>>()
    };
    let open = || std::sync::Arc::new(WasmHost::new(config.clone()).expect("an engine"));
    hostile_on(&open(), |_| ()).await;
    let [file] = &files()[..] else {
        panic!("{:?}", files());
    };
    let good = std::fs::read(file).expect("a file");
    for position in [0, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[position] ^= 1;
        std::fs::write(file, &bad).expect("a file");
        let guest = hostile_on(&open(), |_| ()).await;
        assert_eq!(guest.reply("turns", "").await, "1");
        let healed = std::fs::read(file).expect("a file");
        assert_eq!(
            healed.len(),
            good.len(),
            "compiled anew after byte {position}"
        );
        assert_ne!(healed, bad);
    }
    assert_eq!(hostile(|_| ()).await.reply("turns", "").await, "1");
}
