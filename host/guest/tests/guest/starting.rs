//! Modules that misbehave before their first turn, or in what surrounds a turn: the start,
//! the allocator, the hooks; and modules that are too large to be started at all.

use pizza_guest::{GuestError, Invocation, LoadError, Turn, TypeSettings};
use pizza_types::{ActorId, MessageId};

use crate::arena::Arena;
use crate::fixture::{component, host};

/// A component with one method; `module` is the inside of its core module, `more` what else
/// the component has.
fn with(module: &str, more: &str) -> String {
    format!(
        r#"(component
            (core module $m (memory (export "memory") 1)
                (func (export "f") (param i32 i32)) {module})
            (core instance $m (instantiate $m))
            (func $f (param "text" string) (canon lift (core func $m "f")
                (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
            (instance $i (export "f" (func $f)))
            (export "test:start/start@0.1.0" (instance $i))
            {more})"#
    )
}

const REALLOC: &str =
    r#"(func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#;

/// `schema` and `migrate`, done by the core functions of those names.
const LIFECYCLE: &str = r#"
    (func $schema (result u32) (canon lift (core func $m "schema")))
    (func $migrate (param "from-schema" u32) (param "bytes" (list u8))
        (result (result (list u8) (error string)))
        (canon lift (core func $m "migrate")
            (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (instance $l (export "schema" (func $schema)) (export "migrate" (func $migrate)))
    (export "silo:actor/lifecycle@0.1.0" (instance $l))"#;

#[tokio::test]
async fn a_start_has_a_cpu_budget_and_a_stack() {
    let arena = Arena::open().await;
    let deep = "(func $s (call $s) (call $s)) (start $s)";
    let grow = "(func $s (loop (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1))
        (then unreachable)) (br 0))) (start $s)";
    for (kind, start, words) in [
        (
            "an endless loop in start",
            "(func $s (loop (br 0))) (start $s)",
            "50 ms of CPU",
        ),
        ("endless recursion in start", deep, "stack"),
        (
            "endless allocation in start",
            grow,
            "16777216 bytes of memory",
        ),
    ] {
        let text = with(&format!("{REALLOC} {start}"), "");
        let error = arena.refused(kind, &component(&text)).await;
        assert!(matches!(error, LoadError::Start(_)), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn what_a_module_says_of_itself_is_bounded() {
    let arena = Arena::open().await;
    let hooks = r#"(func (export "migrate") (param i32 i32 i32) (result i32) (i32.const 0))
        (func (export "schema") (result i32) (loop (br 0)) (i32.const 1))"#;
    let text = with(&format!("{REALLOC} {hooks}"), LIFECYCLE);
    let error = arena
        .refused("an endless loop in schema", &component(&text))
        .await;
    assert!(error.to_string().contains("50 ms of CPU"), "{error}");

    let streams = r#"
        (func $events (result (list string)) (canon lift (core func $m "subscriptions")
            (memory (core memory $m "memory"))))
        (instance $e (export "subscriptions" (func $events)))
        (export "silo:actor/stream-events@0.1.0" (instance $e))"#;
    let many = r#"(func (export "subscriptions") (result i32)
        (i32.store (i32.const 0) (i32.const 16))
        (i32.store (i32.const 4) (i32.const 8000))
        (i32.const 0))"#;
    let text = with(&format!("{REALLOC} {many}"), streams);
    let error = arena.refused("8000 subscriptions", &component(&text)).await;
    assert!(error.to_string().contains("64 streams"), "{error}");
}

#[tokio::test]
async fn an_allocator_has_the_bounds_of_its_turn() {
    let arena = Arena::open().await;
    for (kind, body, words) in [
        (
            "an endless loop in the allocator",
            "(loop (br 0)) (i32.const 0)",
            "50 ms of CPU",
        ),
        (
            "an allocation outside the memory",
            "(i32.const -16)",
            "beyond end of memory",
        ),
        ("an allocation at an odd place", "(i32.const 1)", "aligned"),
        ("a trap in the allocator", "unreachable", "unreachable"),
    ] {
        let odd = kind.contains("odd");
        let realloc =
            format!(r#"(func (export "realloc") (param i32 i32 i32 i32) (result i32) {body})"#);
        let mut text = with(&realloc, "");
        if odd {
            text = text.replace(r#"(param "text" string)"#, r#"(param "text" (list u64))"#);
        }
        let guest = arena.guest(&text, |_| ()).await;
        let arguments = if odd { "[[1, 2]]" } else { r#"["abc"]"# };
        let error = arena.stopped(kind, &guest, "f", arguments).await;
        assert!(error.to_string().contains(words), "{kind}: {error}");
    }
}

#[tokio::test]
async fn a_migration_has_the_bounds_of_a_turn() {
    let arena = Arena::open().await;
    let large = "(i32.store (i32.const 4) (i32.const 0))
        (drop (memory.grow (i32.const 100)))
        (i32.store (i32.const 8) (i32.const 5000000)) (i32.const 0)";
    for (kind, body, words) in [
        (
            "an endless loop in migrate",
            "(loop (br 0)) (i32.const 0)",
            "50 ms of CPU",
        ),
        (
            "a migrated state of 5 MB",
            large,
            "5000000 bytes; at most 1048576",
        ),
    ] {
        let hooks = format!(
            r#"(func (export "migrate") (param i32 i32 i32) (result i32) {body})
            (func (export "schema") (result i32) (i32.const 2))"#
        );
        let text = with(&format!("{REALLOC} {hooks}"), LIFECYCLE);
        let guest = arena.guest(&text, |_| ()).await;
        let invocation = Invocation::Migrate {
            from_schema: 1,
            bytes: b"old".as_slice().into(),
        };
        let actor = ActorId::new("test", "a").expect("a valid id");
        let started = std::time::Instant::now();
        let migrated = guest
            .module
            .run(Turn::alone(actor, invocation, MessageId([1; 16]), 0))
            .await;
        let error = migrated.expect_err(kind);
        arena
            .ended(kind, started.elapsed(), &error.to_string())
            .await;
        assert!(error.to_string().contains(words), "{kind}: {error}");
        assert_ne!(error, GuestError::Deadline);
    }
}

/// Memories, tables and instances that a module wants from its start.
#[tokio::test]
async fn what_is_too_large_to_start_is_refused() {
    let arena = Arena::open().await;
    let instance = |n| format!("(core instance $n{n} (instantiate $m))\n");
    let instances: String = (0..3_000).map(instance).collect();
    let hundred: String = (0..100).map(instance).collect();
    let tables = "(table 9000 funcref) ".repeat(40);
    let memories = "(memory 1) ".repeat(40);
    let mut unnamed = Vec::new();
    for (kind, module, more, words) in [
        (
            "4 GiB of memory from the start",
            "(memory 65536)",
            "",
            "4294967296 bytes of memory",
        ),
        (
            "32 MiB of memory from the start",
            "(memory 512)",
            "",
            "33554432 bytes of memory",
        ),
        (
            "a memory of 64-bit addresses",
            "(memory i64 0x100000)",
            "",
            "bytes",
        ),
        (
            "a table of 4 billion elements",
            "(table 4000000000 funcref)",
            "",
            "4000000000 table elements",
        ),
        (
            "a table of 50,000 elements",
            "(table 50000 funcref)",
            "",
            "50000 table elements",
        ),
        ("forty tables", tables.as_str(), "", "40 tables; at most 4"),
        (
            "forty memories",
            memories.as_str(),
            "",
            "40 memories; at most 3",
        ),
        (
            "3,000 core instances",
            "",
            instances.as_str(),
            "limit of 1000",
        ),
        (
            "100 core instances",
            "",
            hundred.as_str(),
            "101 core instances; at most 64",
        ),
    ] {
        let large = component(&large(module, more));
        let error = arena.refused(kind, &large).await.to_string();
        if !error.contains(words) {
            unnamed.push(format!("{kind}: {error}"));
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}

/// Each of its memories would be small enough by itself.
#[tokio::test]
async fn memories_are_bounded_together() {
    let arena = Arena::open().await;
    let two = component(&large("(memory 112) (memory 112)", ""));
    let host = host();
    let fits = host.load("test", &two, TypeSettings::default()).await;
    assert!(fits.is_ok(), "14 MiB are fewer than 16");
    let three = component(&large("(memory 112) (memory 112) (memory 112)", ""));
    let error = arena.refused("21 MiB in three memories", &three).await;
    assert!(error.to_string().contains("memory"), "{error}");
}

/// A component that exports a function, with this in its module and beside it.
fn large(module: &str, more: &str) -> String {
    format!(
        r#"(component
            (core module $m {module} (func (export "f")))
            {more}
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e (export "f" (func $f)))
            (export "test:large/large@0.1.0" (instance $e)))"#
    )
}

/// What is no component of ours is told at once.
#[tokio::test]
async fn what_is_no_module_is_soon_refused() {
    let arena = Arena::open().await;
    let engine = wasmtime::Engine::default();
    let code = engine.precompile_component(&component("(component)"));
    let code = code.expect("machine code");
    let socket = r#"(component (import "wasi:sockets/tcp@0.2.0"
        (instance (export "open" (func)))))"#;
    let hook = with(
        REALLOC,
        r#"(export "silo:actor/timer-events@0.1.0" (instance $i))"#,
    );
    for (kind, wasm, words) in [
        (
            "a core module",
            b"\0asm\x01\0\0\0".to_vec(),
            "a core module",
        ),
        ("random bytes", vec![0xa7; 100_000], "no WebAssembly"),
        ("a precompiled file", code, "precompiled"),
        (
            "an import of sockets",
            component(socket),
            "wasi:sockets/tcp@0.2.0",
        ),
        (
            "a hook that there is not",
            component(&hook),
            "no such function",
        ),
    ] {
        let error = arena.refused(kind, &wasm).await;
        assert!(error.to_string().contains(words), "{kind}: {error}");
    }
}

/// Types that are small in the file and large when they are spelled out.
#[tokio::test]
async fn types_that_double_are_refused() {
    let arena = Arena::open().await;
    for (kind, levels, words) in [
        ("a type of 2^18 parts", 18, "parts"),
        ("a type of 2^40 parts", 40, ""),
    ] {
        let doubled: String = (1..=levels)
            .map(|n| format!("(type $t{n} (tuple $t{0} $t{0}))\n", n - 1))
            .collect();
        let text = format!(
            r#"(component
                (type $t0 u8)
                {doubled}
                (core module $m (memory (export "memory") 1) (func (export "f") (param i32))
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
                (core instance $m (instantiate $m))
                (func $f (param "all" $t{levels}) (canon lift (core func $m "f")
                    (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
                (instance $i (export "f" (func $f)))
                (export "test:double/double@0.1.0" (instance $i)))"#
        );
        let error = arena.refused(kind, &component(&text)).await;
        assert!(error.to_string().contains(words), "{kind}: {error}");
    }
}
