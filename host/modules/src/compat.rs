//! Whether a module may take the place of what serves its type.

use std::sync::Arc;

use pizza_guest::{Module, Weight, compare};

use crate::error::Refusal;
use crate::serving::ServingPort;

/// # Errors
/// When somebody who runs now would be broken, whatever is forced; or when others outside
/// may rely on what changes, unless that is forced.
pub(crate) fn check(port: &dyn ServingPort, new: &Arc<Module>, force: bool) -> Result<(), Refusal> {
    let breaks = breaks(port, new);
    if !breaks.is_empty() {
        return Err(Refusal::Breaks(breaks));
    }
    let Some(served) = port.served(new.actor_type()) else {
        return Ok(());
    };
    let changes = compare(&served.current, new);
    let warnings = changes
        .iter()
        .filter(|change| change.weight == Weight::Warning);
    let warnings: Vec<String> = warnings.map(ToString::to_string).collect();
    // `breaks` above are never forced: those callers run here, and would trap.
    if warnings.is_empty() || force {
        return Ok(());
    }
    Err(Refusal::Warnings(warnings))
}

/// Calls that do not fit: of those who call this type, and of the module itself.
pub(crate) fn breaks(port: &dyn ServingPort, new: &Arc<Module>) -> Vec<String> {
    let mut breaks = Vec::new();
    for actor_type in port.types() {
        // What serves the type now is about to go, so its own calls do not count.
        if *actor_type == **new.actor_type() {
            continue;
        }
        for module in modules(port, &actor_type) {
            let misfits = module.misfits(new);
            breaks.extend(
                misfits
                    .iter()
                    .map(|misfit| format!("{actor_type} calls {misfit}")),
            );
        }
    }
    for client in new.clients() {
        let target = &client.actor_type;
        let mut targets = modules(port, target);
        if **target == **new.actor_type() {
            // It will call its own kind, which is then this module.
            targets = vec![Arc::clone(new)];
        }
        if targets.is_empty() {
            breaks.push(format!(
                "it calls {}: nothing serves {target:?}",
                client.interface
            ));
        }
        for target in targets {
            let misfits = new.misfits(&target);
            breaks.extend(misfits.iter().map(|misfit| format!("it calls {misfit}")));
        }
    }
    // Two modules that serve one type may say the same.
    breaks.sort();
    breaks.dedup();
    breaks
}

fn modules(port: &dyn ServingPort, actor_type: &str) -> Vec<Arc<Module>> {
    let Some(served) = port.served(actor_type) else {
        return Vec::new();
    };
    let canary = served.canary.map(|(module, _)| module);
    canary.into_iter().chain([served.current]).collect()
}
