//! Compiles the bundled actors to components, so that `cargo run` needs nothing else, lists the
//! SDK's sources for `pizza actor new`, and builds the pages of the user interface where Node is.
//! Which actors are bundled, their manifests say.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "actors/bundled.rs"]
mod bundled;
#[path = "actors/compile.rs"]
mod compile;
#[path = "actors/embed.rs"]
mod embed;
#[path = "gateway/bundle/pages.rs"]
mod pages;

#[expect(
    clippy::print_stderr,
    reason = "it is how a build script speaks to people"
)]
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
    let shared = [
        "actors/sdk",
        "actors/sdk-macros",
        "actors/local-time",
        "actors/streets",
    ]
    .map(str::to_owned);
    // A manifest that changes may be of one more actor. A new one is in the lock too.
    for manifest in bundled::manifests(&root)? {
        println!("cargo::rerun-if-changed={}", manifest.display());
    }
    let actors = bundled::bundled(&root)?;
    let folders = actors.iter().map(|actor| format!("actors/{actor}"));
    for folder in folders.chain(shared) {
        println!("cargo::rerun-if-changed={folder}");
    }
    for input in ["wit", "scripts/wasm-target", "Cargo.lock", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let compiled = compile::compile(&root, &actors)?;

    let mut list = String::from("&[\n");
    for actor in &actors {
        let file = compile::file(actor);
        let built = compiled.join(&file);
        let staged = out.join(&file);
        fs::copy(&built, &staged).map_err(|e| format!("{}: {e}", built.display()))?;
        let wasm = format!("include_bytes!({:?})", staged.display().to_string());
        list += &format!("    Bundled {{ actor_type: {actor:?}, wasm: {wasm} }},\n");
    }
    list += "]\n";
    write(&out.join("bundled.rs"), &list)?;
    let with_speed = bundled::marked(&root, "speed")?;
    write(&out.join("with_speed.rs"), &format!("&{with_speed:?}"))?;
    let stateless = bundled::marked(&root, "stateless")?;
    write(&out.join("stateless.rs"), &format!("&{stateless:?}"))?;
    let mut retired = Vec::new();
    for (actor, days) in bundled::said(&root, "retire-after-days")? {
        let days = days.parse::<u64>();
        let days = days.map_err(|e| format!("{actor}: retire-after-days: {e}"))?;
        retired.push((actor, days));
    }
    write(&out.join("retired.rs"), &format!("&{retired:?}"))?;
    let mut prompt = Vec::new();
    for (actor, ms) in bundled::said(&root, "answer-within-ms")? {
        let ms = ms.parse::<u64>();
        let ms = ms.map_err(|e| format!("{actor}: answer-within-ms: {e}"))?;
        prompt.push((actor, ms));
    }
    write(&out.join("prompt.rs"), &format!("&{prompt:?}"))?;
    write(&out.join("sdk.rs"), &embed::list(&root)?)?;
    let environment = pages::Environment {
        ui: env::var("PIZZA_UI").unwrap_or_default(),
        dist: env::var_os("PIZZA_UI_DIST").filter(|folder| !folder.is_empty()),
        path: env::var_os("PATH").unwrap_or_default(),
    };
    for line in pages::bundle(&root, &out, &environment)? {
        println!("{line}");
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set; cargo sets it"))
}
