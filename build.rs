//! Compiles the bundled actors to components, so that `cargo run` needs nothing else.
//!
//! The actors are built by a cargo of their own, in a target directory of their own:
//! the lock of the outer build is not theirs, and neither are its flags.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Order matters to nobody; each name is an actor type and a folder under `actors/`.
const ACTORS: [&str; 6] = [
    "order",
    "kitchen",
    "chef",
    "driver",
    "inventory",
    "restaurant",
];
const TARGET: &str = "wasm32-wasip2";

#[allow(clippy::print_stderr)]
fn main() {
    if let Err(problem) = build() {
        // Cargo shows what a build script says when it fails.
        eprintln!("{problem}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    for input in [
        "actors",
        "wit",
        "scripts/wasm-target",
        "Cargo.lock",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    provide_target(&root)?;
    let target_dir = root.join("target/actors");
    compile(&root, &target_dir)?;

    let mut list = String::from("&[\n");
    for actor in ACTORS {
        let file = format!("pizza_actor_{actor}.wasm");
        let built = target_dir.join(TARGET).join("actor").join(&file);
        let staged = out.join(&file);
        fs::copy(&built, &staged).map_err(|e| format!("{}: {e}", built.display()))?;
        let wasm = format!("include_bytes!({:?})", staged.display().to_string());
        list += &format!("    BundledModule {{ actor_type: {actor:?}, wasm: {wasm} }},\n");
    }
    list += "]\n";
    let index = out.join("bundled.rs");
    fs::write(&index, list).map_err(|e| format!("{}: {e}", index.display()))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set; cargo sets it"))
}

/// The standard library of the target, where it is not there yet.
fn provide_target(root: &Path) -> Result<(), String> {
    let mut script = Command::new(root.join("scripts/wasm-target"));
    run(script.current_dir(root), "scripts/wasm-target")
}

fn compile(root: &Path, target_dir: &Path) -> Result<(), String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.current_dir(root).args([
        "build",
        "--locked",
        "--profile",
        "actor",
        "--target",
        TARGET,
    ]);
    cargo.arg("--target-dir").arg(target_dir);
    for actor in ACTORS {
        cargo.args(["-p", &format!("pizza-actor-{actor}")]);
    }
    // What the outer build was told about the host is not meant for the guests.
    for (name, _) in env::vars() {
        let inherited = name.starts_with("CARGO_")
            && !matches!(name.as_str(), "CARGO_HOME" | "CARGO_NET_OFFLINE");
        let wrapper = name.contains("RUSTFLAGS") || name.contains("WRAPPER");
        if inherited || wrapper || name.starts_with("CLIPPY") || name == "RUSTC" {
            cargo.env_remove(name);
        }
    }
    run(&mut cargo, "building the bundled actors")
}

fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{what}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{what} failed ({}):\n{said}", output.status))
}
