//! What belongs to whom: a customer's orders, a driver's own things, a manager's restaurant.

use pizza_client::Call;
use pizza_types::{ActorId, Reply};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::answer::granted;
use crate::app::App;
use crate::identity::{Authority, Holder, Identity, Role};
use crate::problem::{self, Problem};
use crate::refused;

/// What the first parameter of a path names, and so whose it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Nothing that belongs to anybody, or the handler looks for itself.
    Anything,
    Order,
    /// A restaurant, or its kitchen or inventory, which have its id.
    Restaurant,
    /// A restaurant, of which everybody may see this.
    Menu,
    Driver,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderOwners {
    customer_id: String,
    restaurant_id: String,
    driver_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DriverOwner {
    restaurant_id: Option<String>,
}

/// Lets those pass to whom belongs what `id` names.
///
/// # Errors
/// When it belongs to somebody else, or does not exist.
pub(crate) async fn check(
    app: &App,
    identity: &Identity,
    ownership: Ownership,
    id: &str,
) -> Result<(), Problem> {
    if let Authority::Order(own) = identity.authority()
        && own != id
    {
        return Err(Problem::no_token());
    }
    if let Some(holder) = claimant(identity, ownership)?
        && !owns(app, holder, ownership, id).await?
    {
        let (role, subject) = (holder.role.name(), &holder.subject);
        let detail = format!("{id:?} does not belong to the {role} {subject:?}");
        return Err(Problem::new(problem::FORBIDDEN, detail));
    }
    check_existence(app, ownership, id).await
}

/// Whose the thing must be; `None` when that does not matter.
///
/// # Errors
/// When it must be somebody's, and it is nobody who asks.
fn claimant(identity: &Identity, ownership: Ownership) -> Result<Option<&Holder>, Problem> {
    match (identity.authority(), ownership) {
        (Authority::Everything | Authority::Look(_), _) => Ok(None),
        // Which one it is was looked at by the caller.
        (Authority::Order(_), Ownership::Order) => Ok(None),
        (Authority::Own(holder), _) => Ok(Some(holder)),
        (Authority::Nothing | Authority::Order(_), owned) => match owned {
            Ownership::Anything | Ownership::Menu => Ok(None),
            Ownership::Order | Ownership::Restaurant | Ownership::Driver => {
                Err(Problem::no_token())
            }
        },
    }
}

async fn owns(app: &App, holder: &Holder, ownership: Ownership, id: &str) -> Result<bool, Problem> {
    let subject = Some(holder.subject.as_str());
    Ok(match (ownership, holder.role) {
        (Ownership::Anything | Ownership::Menu, _) => true,
        (Ownership::Restaurant, _) | (Ownership::Driver, Role::Driver) => subject == Some(id),
        // A manager or a kitchen: the driver says whose it is.
        (Ownership::Driver, _) => {
            let reply = get(app, ActorId::new("driver", id)?).await?;
            let driver: DriverOwner = granted(&reply)?;
            driver.restaurant_id.as_deref() == subject
        }
        (Ownership::Order, role) => {
            let reply = get(app, ActorId::new("order", id)?).await?;
            let order: OrderOwners = granted(&reply)?;
            match role {
                Role::Customer => Some(order.customer_id.as_str()) == subject,
                Role::Driver => order.driver_id.as_deref() == subject,
                Role::Kitchen | Role::Manager => Some(order.restaurant_id.as_str()) == subject,
                Role::Admin | Role::Observer => true,
            }
        }
    })
}

/// Orders and drivers say themselves that they do not exist. A restaurant's kitchen and
/// inventory exist when the restaurant does, but they would answer for any id.
async fn check_existence(app: &App, ownership: Ownership, id: &str) -> Result<(), Problem> {
    let is_restaurant = matches!(ownership, Ownership::Restaurant | Ownership::Menu);
    if !is_restaurant || app.known_restaurants().contains(id) {
        return Ok(());
    }
    let reply = get(app, ActorId::new("restaurant", id)?).await?;
    granted::<IgnoredAny>(&reply)?;
    app.known_restaurants().insert(id);
    Ok(())
}

async fn get(app: &App, target: ActorId) -> Result<Reply, Problem> {
    let mut call = Call::new(target, "get");
    call.deadline = app.call_max();
    // A question of our own: the id of the request is its command's.
    let id = app.client().transport().fresh_id();
    let reply = app.client().raw(call.id(Some(id))).await;
    reply.map_err(|error| refused::call(error, id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const OWNED: [Ownership; 3] = [Ownership::Order, Ownership::Restaurant, Ownership::Driver];

    #[test]
    fn a_visitor_of_a_public_route_owns_nothing() {
        for ownership in OWNED {
            let problem = claimant(&Identity::Nobody, ownership).expect_err("refused");
            assert_eq!(problem.kind(), problem::UNAUTHORIZED, "{ownership:?}");
        }
        for ownership in [Ownership::Anything, Ownership::Menu] {
            let claimant = claimant(&Identity::Nobody, ownership);
            assert!(claimant.is_ok_and(|holder| holder.is_none()));
        }
    }

    #[test]
    fn a_holder_must_own_it_and_this_machine_need_not() {
        let holder = Arc::new(Holder {
            role: Role::Customer,
            subject: "customer-1".to_owned(),
            number: None,
        });
        for ownership in OWNED {
            let identity = Identity::Known(Arc::clone(&holder));
            let claimant_of = claimant(&identity, ownership).expect("allowed");
            assert_eq!(
                claimant_of.map(|holder| &*holder.subject),
                Some("customer-1")
            );
            let local = claimant(&Identity::Local, ownership).expect("allowed");
            assert!(local.is_none());
        }
    }
}
