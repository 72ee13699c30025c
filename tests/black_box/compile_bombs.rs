//! Components that are made to be hard to compile: the process that compiles dies or
//! refuses, the error names the bound, and the process that started it goes on.

mod bombs;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_guest::settings::{Apart, CompileBounds};
use pizza_guest::{Compiling, HostConfig, LoadError, TypeSettings, WasmHost};

use crate::common::Pizza;

/// Small enough that a test need not wait long for a bomb to use them up.
const BOUNDS: CompileBounds = CompileBounds {
    memory_bytes: 3 << 30,
    cpu_s: 1,
    wall_ms: 60_000,
    code_bytes: 64 << 20,
};

fn host(bounds: CompileBounds) -> Arc<WasmHost> {
    let config = HostConfig {
        compiling: Compiling::Apart(Apart {
            program: env!("CARGO_BIN_EXE_pizza").into(),
            arguments: vec!["compile-module".into()],
            bounds,
        }),
        ..HostConfig::default()
    };
    Arc::new(WasmHost::new(config).expect("an engine"))
}

async fn refused(host: &WasmHost, wasm: &[u8]) -> LoadError {
    let loaded = host.load("test", wasm, TypeSettings::default()).await;
    loaded.err().expect("a refusal")
}

#[allow(clippy::print_stdout, reason = "it is how a measurement is told")]
fn tell(kind: &str, took: Duration, error: &str) {
    let took_ms = took.as_millis();
    println!("{took_ms:>6} ms  {kind:<40} {error}");
}

#[tokio::test]
async fn a_bomb_costs_the_compiler_its_life_at_most() {
    let host = host(BOUNDS);
    let mut unnamed = Vec::new();
    for (kind, wasm, words) in [
        (
            "a function of 7 MB",
            bombs::long_function(),
            "CPU time than",
        ),
        (
            "a million functions",
            bombs::many_functions(),
            "functions; at most 100000",
        ),
        ("blocks a million deep", bombs::deep_blocks(), ""),
        (
            "components 200,000 deep",
            bombs::deep_components(200_000),
            "",
        ),
        (
            "a function of 8 MB",
            bombs::too_long_function(),
            "function body",
        ),
        (
            "two million functions",
            bombs::too_many_functions(),
            "functions; at most 100000",
        ),
    ] {
        let started = Instant::now();
        let error = refused(&host, &wasm).await;
        tell(kind, started.elapsed(), &error.to_string());
        if !error.to_string().contains(words) {
            unnamed.push(format!("{kind}: {error}"));
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}

/// A pipe holds less than the rest of the code: whoever waited for the child's end would wait for as
/// long as it may take.
#[tokio::test]
async fn too_much_machine_code_is_told_as_soon_as_it_is_seen() {
    let host = host(CompileBounds {
        code_bytes: 1 << 10,
        cpu_s: 60,
        ..BOUNDS
    });
    let started = Instant::now();
    let error = refused(&host, &bombs::much_code()).await;
    tell("too much code", started.elapsed(), &error.to_string());
    let is_it = matches!(&error, LoadError::CompileBound { bound, .. } if *bound == "machine code");
    assert!(is_it, "{error}");
    let half = Duration::from_millis(BOUNDS.wall_ms / 2);
    assert!(started.elapsed() < half, "{:?}", started.elapsed());
}

/// The silo reads all but the code itself, before any child is started.
#[tokio::test]
async fn what_the_silo_reads_itself_is_soon_read() {
    let host = host(BOUNDS);
    for (kind, wasm, passes) in [
        ("reading a function of 7 MB", bombs::long_function(), true),
        (
            "reading a million functions",
            bombs::many_functions(),
            false,
        ),
        ("reading blocks a million deep", bombs::deep_blocks(), true),
        (
            "reading components 1,000,000 deep",
            bombs::deep_components(1_000_000),
            false,
        ),
        (
            "reading a custom section of 30 MB",
            bombs::custom_section(30 << 20),
            false,
        ),
    ] {
        let started = Instant::now();
        let found = host.inspect(&wasm, TypeSettings::default()).await;
        let found = found.map(|_| ());
        let took = started.elapsed();
        tell(kind, took, &format!("{found:?}"));
        assert!(took < Duration::from_secs(2), "{kind}: {took:?}");
        // What is in its code only the compiler finds.
        assert_eq!(found.is_ok(), passes, "{kind}: {found:?}");
    }
}

#[tokio::test]
async fn each_bound_of_the_compiler_is_named() {
    let cramped = CompileBounds {
        memory_bytes: 1_500 << 20,
        cpu_s: 30,
        ..BOUNDS
    };
    let hurried = CompileBounds {
        wall_ms: 300,
        ..BOUNDS
    };
    for (bound, bounds) in [("memory", cramped), ("wall-clock time", hurried)] {
        let started = Instant::now();
        let error = refused(&host(bounds), &bombs::long_function()).await;
        tell(bound, started.elapsed(), &error.to_string());
        let LoadError::CompileBound { bound: named, .. } = error else {
            panic!("{bound}: {error:?}");
        };
        assert_eq!(named, bound);
    }
}

fn push(pizza: &Pizza, data: &std::path::Path, wasm: &[u8]) -> Output {
    let file = data.join("pushed.wasm");
    std::fs::write(&file, wasm).expect("written");
    let admin = pizza.admin.to_string();
    Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args([
            "module", "push", "--type", "bomb", "--admin", &admin, "--data",
        ])
        .args([data, &file])
        .output()
        .expect("the binary runs")
}

#[test]
fn a_silo_refuses_what_is_pushed_and_goes_on() {
    let data = tempfile::tempdir().expect("a directory");
    let config = data.path().join("silo.toml");
    // Enough for what comes with the program.
    let bounds = "[silo.modules]\ncompile_cpu_s = 5\nsize_mib = 8\n";
    std::fs::write(&config, bounds).expect("written");
    let pizza = Pizza::start(data.path(), &["--config", config.to_str().expect("a path")]);
    let whole = bombs::deep_components(2_000);
    for (kind, wasm, words) in [
        (
            "a core module",
            b"\0asm\x01\0\0\0".to_vec(),
            "a core module",
        ),
        (
            "a truncated file",
            whole[..whole.len() / 2].to_vec(),
            "refused at inspect",
        ),
        (
            "a custom section of 9 MB",
            bombs::custom_section(9 << 20),
            "at most 8388608",
        ),
        (
            "a custom section of 100 MB",
            bombs::custom_section(100 << 20),
            "8388608",
        ),
        (
            "a function of 7 MB",
            bombs::long_function(),
            "CPU time than it is given",
        ),
    ] {
        let started = Instant::now();
        let output = push(&pizza, data.path(), &wasm);
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        tell(kind, started.elapsed(), &said);
        assert!(
            !output.status.success() && said.contains(words),
            "{kind}: {said}"
        );
        pizza.order();
    }
    assert!(pizza.stop().success());
}
