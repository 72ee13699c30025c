//! Modules, over the admin API of a running silo.

use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use hyper::header::HeaderValue;
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::table::cell;

/// What an operator accepts knowingly when a module is activated.
#[derive(Clone, Copy, Default)]
pub struct Forced {
    /// Whether changes are accepted that others outside may rely on.
    pub changes: bool,
    /// Whether it may serve although there are states that it cannot take over.
    pub unreadable: bool,
    /// Whether it may serve although it was withdrawn.
    pub withdrawn: bool,
}

/// The bytes of a component in a file.
///
/// # Errors
/// When the file cannot be read.
pub fn read(file: &Path) -> anyhow::Result<Bytes> {
    let wasm = std::fs::read(file);
    let wasm = wasm.with_context(|| format!("reading {}", file.display()))?;
    Ok(wasm.into())
}

/// Gives a component to the silo. `on_stage` hears of each stage as it is done, by its name
/// and how many milliseconds it took. Returns the silo's last word, with all stages in it.
///
/// # Errors
/// When the silo refuses it, at whatever stage, or cannot be asked.
pub async fn push(
    admin: &mut Admin,
    actor_type: &str,
    wasm: Bytes,
    signature: Option<HeaderValue>,
    on_stage: &mut dyn FnMut(&str, f64),
) -> anyhow::Result<Value> {
    let path = format!("/modules?type={actor_type}");
    let mut steps = Vec::new();
    let mut last = Value::Null;
    let mut line = |line: Value| {
        // Only a stage has a time; what has none is the outcome.
        if let Some(took_us) = line["tookUs"].as_u64() {
            on_stage(&cell(&line["stage"]), took_us as f64 / 1_000.0);
            steps.push(line);
        } else {
            last = line;
        }
    };
    let signature = signature.as_ref();
    admin.lines(&path, wasm, signature, &mut line).await?;
    if last["refused"].is_string() {
        let (stage, why) = (cell(&last["stage"]), cell(&last["refused"]));
        bail!("refused at {stage}: {why}");
    }
    // The status was sent before the work began, so a silo that ends in the middle of it
    // shows only by what is missing.
    if last["module"].is_null() {
        bail!("the silo ended before the module was kept");
    }
    last["steps"] = json!(steps);
    Ok(last)
}

/// Lets a module serve: all actors of its type, or this percentage of them; on the silo of
/// this name, or on all.
///
/// # Errors
/// When the silo refuses it, or cannot be asked.
pub async fn activate(
    admin: &mut Admin,
    digest: &str,
    percent: Option<f64>,
    silo: Option<&str>,
    forced: Forced,
) -> anyhow::Result<Value> {
    let body = json!({
        "percent": percent,
        "silo": silo,
        "force": forced.changes,
        "forceUnreadable": forced.unreadable,
        "allowWithdrawn": forced.withdrawn,
    });
    let path = format!("/modules/{digest}/activate");
    admin.post(&path, body.to_string()).await
}

/// The beginning of a digest, which is enough for a person to tell modules apart.
#[must_use]
pub fn short_digest(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
