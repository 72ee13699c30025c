//! What a restaurant's manager sees that nobody publishes: figures, stock and kitchen change with every
//! order, so that whoever looks asks for them, and nobody pays where nobody looks.

use std::sync::Arc;
use std::time::Duration;

use pizza_types::ActorId;
use tokio::time::Instant;

use crate::caller::Caller;
use crate::problem::{self, Problem};
use crate::seen::Seen;

/// How long stock and kitchen may take: the screen has a hole rather than nothing.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks the restaurant, its inventory and its kitchen, which have its id, all at once.
///
/// # Errors
/// When it is no id.
pub(crate) async fn look(caller: &Caller, id: &str) -> Result<Seen, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    let inventory = ActorId::new("inventory", id)?;
    let kitchen = ActorId::new("kitchen", id)?;
    let (for_figures, for_stock) = (caller.for_another(), caller.for_another());
    let for_kitchen = caller.for_another();
    let (figures, stock, kitchen) = tokio::join!(
        for_figures.ask(restaurant, "metrics"),
        for_stock.ask_within(inventory, "stock", PATIENCE),
        for_kitchen.ask_within(kitchen, "overview", PATIENCE),
    );
    Ok(Seen {
        figures,
        stock: stock.ok(),
        kitchen: kitchen.ok(),
    })
}

/// What was seen at this moment or later, by whomever.
///
/// # Errors
/// When it is no id.
pub(crate) async fn since(
    caller: &Arc<Caller>,
    id: &Arc<str>,
    since: Instant,
) -> Result<Arc<Seen>, Problem> {
    let (caller, id) = (Arc::clone(caller), Arc::clone(id));
    // In a task of its own: whoever waits here may be a client who has stopped reading, and would keep
    // the lock, or their place in its queue, for as long.
    let looking = tokio::spawn(async move {
        let shared = caller.app.last_seen().of(&id);
        // Those who come meanwhile wait for whoever looks.
        let mut last = shared.lock().await;
        if let Some((at, seen)) = &*last
            && *at >= since
        {
            return Ok(Arc::clone(seen));
        }
        // Before anybody is asked: what they tell is as of then, or newer.
        let at = Instant::now();
        let seen = Arc::new(look(&caller, &id).await?);
        *last = Some((at, Arc::clone(&seen)));
        Ok(seen)
    });
    let ended = looking.await;
    ended.unwrap_or_else(|error| Err(Problem::new(problem::INTERNAL, error.to_string())))
}
