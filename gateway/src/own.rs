//! What belongs to whom: a customer's orders, a driver's own things, a manager's restaurant.

use std::collections::HashSet;
use std::sync::RwLock;

use pizza_client::Call;
use pizza_types::ActorId;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::access::{Holder, Role};
use crate::answer::granted;
use crate::problem::{self, Problem};
use crate::refused;
use crate::server::App;

/// What the path's first parameter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    /// Nothing that belongs to anybody, or the handler looks for itself.
    Anything,
    Order,
    /// Also its kitchen and its inventory, which have its id.
    Restaurant,
    /// A restaurant, of which everybody may see this.
    Menu,
    Driver,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderOf {
    customer_id: String,
    restaurant_id: String,
    driver_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DriverOf {
    restaurant_id: Option<String>,
}

/// # Errors
/// Unless what `id` names is the holder's own, and there is such a restaurant.
pub(crate) async fn check(
    app: &App,
    holder: Option<&Holder>,
    own: Own,
    id: Option<&str>,
) -> Result<(), Problem> {
    let Some(id) = id else { return Ok(()) };
    let Some(holder) = holder else {
        return exists(app, own, id).await;
    };
    let subject = Some(holder.subject.as_str());
    let is_own = match (own, holder.role) {
        (Own::Anything | Own::Menu, _) => true,
        (Own::Restaurant, _) | (Own::Driver, Role::Driver) => subject == Some(id),
        (Own::Driver, _) => {
            let reply = ask(app, ActorId::new("driver", id)?).await?;
            let driver: DriverOf = granted(&reply)?;
            driver.restaurant_id.as_deref() == subject
        }
        (Own::Order, role) => {
            let reply = ask(app, ActorId::new("order", id)?).await?;
            let order: OrderOf = granted(&reply)?;
            match role {
                Role::Customer => Some(order.customer_id.as_str()) == subject,
                Role::Driver => order.driver_id.as_deref() == subject,
                Role::Kitchen | Role::Manager => Some(order.restaurant_id.as_str()) == subject,
                Role::Admin => true,
            }
        }
    };
    if is_own {
        return exists(app, own, id).await;
    }
    let (role, subject) = (holder.role.name(), &holder.subject);
    let detail = format!("{id:?} does not belong to the {role} {subject:?}");
    Err(Problem::new(problem::FORBIDDEN, detail))
}

/// Orders and drivers know of themselves that they are not there. A restaurant's kitchen
/// and inventory are there when the restaurant is; which, once seen, is always.
async fn exists(app: &App, own: Own, id: &str) -> Result<(), Problem> {
    let is_restaurant = matches!(own, Own::Restaurant | Own::Menu);
    if !is_restaurant || app.restaurants().has(id) {
        return Ok(());
    }
    let reply = ask(app, ActorId::new("restaurant", id)?).await?;
    granted::<IgnoredAny>(&reply)?;
    app.restaurants().add(id);
    Ok(())
}

/// Restaurants that were seen. Forgotten when there are too many: asking again is cheap.
#[derive(Default)]
pub(crate) struct Seen(RwLock<HashSet<Box<str>>>);

const SEEN_MAX: usize = 10_000;

impl Seen {
    fn has(&self, id: &str) -> bool {
        self.0.read().is_ok_and(|seen| seen.contains(id))
    }

    fn add(&self, id: &str) {
        if let Ok(mut seen) = self.0.write() {
            if seen.len() >= SEEN_MAX {
                seen.clear();
            }
            seen.insert(id.into());
        }
    }
}

async fn ask(app: &App, target: ActorId) -> Result<pizza_types::Reply, Problem> {
    let mut call = Call::new(target, "get");
    call.deadline = app.call_max();
    let id = app.client().transport().fresh_id();
    let reply = app.client().raw(call.id(Some(id))).await;
    reply.map_err(|error| refused::call(error, id))
}
