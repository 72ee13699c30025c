//! Compares what a module imports with what it is granted, as far as it is known at load.

use crate::client::ClientImport;
use crate::error::LoadError;
use crate::manifest::Manifest;

/// # Errors
/// When the interface is one of the platform's, and not granted.
pub(crate) fn interface(granted: &Manifest, name: &str) -> Result<(), LoadError> {
    let short = name.split('@').next().unwrap_or(name);
    let (may, words) = match short {
        // Whom it may call is only known when it calls (`HostState::may_call`): here, whether it
        // may call anybody.
        "silo:actor/calls" => (!granted.calls.is_empty(), "\"calls\": [\"TYPE.METHOD\"]"),
        "silo:actor/streams" => (!granted.publishes.is_empty(), "\"publishes\": [\"STREAM\"]"),
        "silo:actor/config" => (granted.config, "\"config\": true"),
        "silo:actor/timers" => (granted.timers, "\"timers\": true"),
        "silo:actor/reminders" => (granted.reminders, "\"reminders\": true"),
        "silo:actor/plugins" => (granted.plugins, "\"plugins\": true"),
        // The platform's others reach nothing beyond the turn; all else is looked at in
        // `discover`.
        _ => return Ok(()),
    };
    if may {
        return Ok(());
    }
    let subject = format!("the import {name}");
    Err(refused(subject, words.to_owned(), granted))
}

/// # Errors
/// Naming the first function that is not granted.
pub(crate) fn clients(granted: &Manifest, clients: &[ClientImport]) -> Result<(), LoadError> {
    for client in clients {
        for function in &client.functions {
            let method = &function.function.name;
            if !granted.may_call(&client.actor_type, method) {
                let subject = format!("the call {}.{method}", client.actor_type);
                let words = format!("\"calls\": [\"{}.{method}\"]", client.actor_type);
                return Err(refused(subject, words, granted));
            }
        }
    }
    Ok(())
}

fn refused(subject: String, words: String, granted: &Manifest) -> LoadError {
    let granted = serde_json::to_string(granted).unwrap_or_default();
    LoadError::NotGranted {
        subject,
        words,
        granted,
    }
}
