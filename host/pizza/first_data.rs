//! What a new data directory begins with: commands to actors, handed in by the crate that
//! knows what they mean.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use pizza_client::{Call, Client, Refused};
use pizza_load::first_data::{Command, commands};
use pizza_silo::RunningSilo;
use pizza_types::{ActorId, MessageId};
use serde_json::Value;

/// How long an actor that cannot be reached is tried, and how long after the last time.
const WITHIN: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_millis(250);

/// The name under which the store notes that all of it has been done.
const DONE: &str = "demo-set-up";

/// Sets up what the demo shows, unless that was done at an earlier start. `key` names the
/// actors that it is about.
///
/// # Errors
/// When an actor declines or cannot be asked, and when the store fails.
pub(crate) async fn set_up_once(silo: &RunningSilo, key: &str) -> anyhow::Result<()> {
    if silo.store().fact(DONE).await?.is_some() {
        return Ok(());
    }
    let client = silo.client();
    if client.transport().key_prefix().is_some() {
        // What the demo shows is of the default cell.
        return Ok(());
    }
    for command in commands(key) {
        give(&client, command).await?;
    }
    // Last: a set-up that was cut short before this is done again from its beginning.
    silo.store().set_fact(DONE, key.to_owned().into()).await?;
    Ok(())
}

async fn give(client: &Client, command: Command) -> anyhow::Result<()> {
    let Command {
        actor_type,
        key,
        method,
        arguments,
    } = command;
    let text = arguments.to_string();
    // The message's id follows from what it says: given twice, it is done once.
    let parts = [actor_type, &key, method, &text].map(str::as_bytes);
    let id = MessageId::derive("demo", &parts);
    let target = ActorId::new(actor_type, &*key)?;
    let call = Call::new(target, method)
        .id(Some(id))
        .arguments(&arguments)?;
    let begun = Instant::now();
    loop {
        let answer: Result<Value, Refused<Value>> = client.ask(call.clone()).await;
        match answer {
            Ok(_) => return Ok(()),
            Err(Refused::Declined(why)) => {
                return Err(anyhow!("{actor_type}/{key} declines {method}: {why}"));
            }
            // Of many silos that start at once on one machine some have no lease for a while.
            Err(error) if begun.elapsed() < WITHIN => {
                tracing::info!(actor_type, key, method, %error, "what the demo begins with is tried again");
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) => {
                return Err(error).with_context(|| format!("{actor_type}/{key} {method}"));
            }
        }
    }
}
