// How actors become components: a cargo of their own, in a target directory of their own.
// The lock of an outer build is not theirs, and neither are its flags. Part of the root's
// build script, and of tests that need an actor which is not bundled.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";
/// Where all of them have what they are built from, so that a variant compiles itself and nothing else.
const BUILD_DIR: &str = "target/actors";

/// Compiles the packages `pizza-actor-…` of these names, and says where the components are.
pub(crate) fn compile(root: &Path, actors: &[impl AsRef<str>]) -> Result<PathBuf, String> {
    build(root, actors, &root.join(BUILD_DIR), &[])
}

/// Compiles one of them with a feature that changes it, and says where the component is.
#[allow(dead_code, reason = "for tests; the build script needs it as it is")]
pub(crate) fn variant(root: &Path, actor: &str, feature: &str) -> Result<PathBuf, String> {
    // Its component apart, or each build would undo the other.
    let target_dir = root.join("target/actor-variants").join(feature);
    let features = ["--features", feature];
    Ok(build(root, &[actor], &target_dir, &features)?.join(file(actor)))
}

fn build(
    root: &Path,
    actors: &[impl AsRef<str>],
    target_dir: &Path,
    options: &[&str],
) -> Result<PathBuf, String> {
    // The standard library of the target, where it is not there yet.
    let mut script = Command::new(root.join("scripts/wasm-target"));
    run(script.current_dir(root), "scripts/wasm-target")?;

    let cargo = env::var_os("CARGO").ok_or("CARGO is not set; cargo sets it")?;
    let mut cargo = Command::new(cargo);
    cargo.current_dir(root).args(["build", "--locked"]);
    cargo.args(["--profile", "actor", "--target", TARGET]);
    cargo.arg("--target-dir").arg(target_dir).args(options);
    for actor in actors {
        cargo.args(["-p", &format!("pizza-actor-{}", actor.as_ref())]);
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
    cargo.env("CARGO_BUILD_BUILD_DIR", root.join(BUILD_DIR));
    run(&mut cargo, "building the actors")?;
    Ok(target_dir.join(TARGET).join("actor"))
}

/// The component's file among the compiled ones.
pub(crate) fn file(actor: &str) -> String {
    format!("pizza_actor_{actor}.wasm")
}

fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{what}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{what} failed ({}):\n{said}", output.status))
}
