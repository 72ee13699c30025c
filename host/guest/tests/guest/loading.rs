//! What is no module of ours is refused at load, and the refusal says why.

use pizza_guest::settings::{Apart, CompileBounds};
use pizza_guest::{Compiling, Grant, HostConfig, LoadError, Manifest, TypeSettings, WasmHost};

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
async fn a_precompiled_component_is_refused_unread() {
    // Made as anybody can make it, and then with the one thing hidden that gives it away.
    let engine = wasmtime::Engine::default();
    let code = engine.precompile_component(&component("(component)"));
    let mut code = code.expect("machine code");
    let error = refused(&code).await;
    assert!(error.to_string().contains("precompiled"), "{error}");
    code[..4].copy_from_slice(b"\0asm");
    let error = refused(&code).await;
    assert!(
        matches!(error, LoadError::NotAComponent { .. }),
        "{error:?}"
    );
    code[..8].copy_from_slice(&component("(component)")[..8]);
    let error = refused(&code).await;
    assert!(matches!(error, LoadError::Invalid(_)), "{error:?}");
}

#[tokio::test]
async fn random_bytes_are_refused() {
    let mut noise = Noise(1);
    for start in [&b""[..], b"\0asm", &component("(component)")] {
        for _ in 0..200 {
            let mut wasm = start.to_vec();
            wasm.extend((0..500).map(|_| noise.next()));
            assert!(!refused(&wasm).await.to_string().is_empty());
        }
    }
}

/// As bad as chance needs to be here, and the same every time.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0.to_be_bytes()[0]
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
    assert!(
        error.to_string().contains("at most 1000 are taken"),
        "{error}"
    );
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
    // From its pages, which all who share the directory share.
    let guest = hostile_on(&open(), |_| ()).await;
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name");
    assert!(maps.contains(name), "the code is mapped from its file");
    drop(guest);
    for position in [0, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[position] ^= 1;
        // Another file of that name: what is mapped stays as it is.
        std::fs::remove_file(file).expect("a file");
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

/// A compiler that is no compiler: it notes that it was started.
#[tokio::test]
async fn what_its_bytes_tell_is_refused_before_the_compiler_starts() {
    let dir = tempfile::tempdir().expect("a directory");
    let started = dir.path().join("started");
    let note = format!("touch {}; exit 1", started.display());
    let config = HostConfig {
        compiling: Compiling::Apart(Apart {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), note.into()],
            bounds: CompileBounds::default(),
        }),
        ..HostConfig::default()
    };
    let host = WasmHost::new(config).expect("an engine");
    let exports = |more: &str, export: &str| {
        format!(
            r#"(component {more}
                (core module $m (func (export "f")))
                (core instance $i (instantiate $m))
                (func $f (canon lift (core func $i "f")))
                (instance $e (export "f" (func $f)))
                (export "{export}" (instance $e)))"#
        )
    };
    let socket = r#"(import "wasi:sockets/tcp@0.2.0" (instance (export "open" (func))))"#;
    let timers = r#"(import "silo:actor/timers@0.1.0" (instance (export "cancel" (func))))"#;
    let many: String = (0..65)
        .map(|_| "(core instance (instantiate $x))")
        .collect();
    let many = format!("(core module $x) {many}");
    // Each of the ten has what is inside it ten times.
    let nested: String = (0..10).map(|_| "(instance (instantiate $tens))").collect();
    let ten: String = (0..10)
        .map(|_| "(core instance (instantiate $x))")
        .collect();
    let nested = format!("(component $tens (core module $x) {ten}) {nested}");
    for (kind, text, words) in [
        ("sockets", exports(socket, "a:b/c"), "wasi:sockets"),
        ("timers", exports(timers, "a:b/c"), "not granted"),
        ("instances", exports(&many, "a:b/c"), "66 core instances"),
        ("nested", exports(&nested, "a:b/c"), "101 core instances"),
        (
            "memory",
            exports("(core module $x (memory 900))", "a:b/c"),
            "bytes of memory",
        ),
        (
            "hook",
            exports("", "silo:actor/timer-events@0.1.0"),
            "no such function",
        ),
        ("nothing", "(component)".to_owned(), "no method"),
    ] {
        let wasm = component(&text);
        let refused = host.load("test", &wasm, TypeSettings::default());
        let error = refused.await.err().expect(kind).to_string();
        assert!(error.contains(words), "{kind}: {error}");
        assert!(!started.exists(), "{kind}: the compiler was started");
    }
    let good = component(&exports("", "a:b/c"));
    let compiled = host.load("test", &good, TypeSettings::default());
    let error = compiled.await.err().expect("it is no compiler");
    assert!(matches!(error, LoadError::Compiler(_)), "{error:?}");
    assert!(started.exists(), "what is in order is compiled");
}
