//! Who sends a request: the holder of a token, somebody on this machine, or nobody known.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::problem::{self, Problem};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Orders, and sees their own orders.
    Customer,
    /// Is one driver.
    Driver,
    /// Works in one restaurant's kitchen.
    Kitchen,
    /// Runs one restaurant.
    Manager,
    /// May do everything, and may call any function of any actor.
    Admin,
    /// May read what an admin may, and do nothing.
    Observer,
}

impl Role {
    pub const ALL: [Self; 6] = [
        Self::Customer,
        Self::Driver,
        Self::Kitchen,
        Self::Manager,
        Self::Admin,
        Self::Observer,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Driver => "driver",
            Self::Kitchen => "kitchen",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::Observer => "observer",
        }
    }
}

/// Who sends a request. There is no default: an identity is what the check in front of the
/// handlers found out.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// A visitor of a public route. They were not asked who they are, so that they own nothing
    /// and pass no check of ownership.
    Nobody,
    /// Somebody on loopback without a token, where the operator allows that. They may do
    /// everything.
    Local,
    /// The holder of a token.
    Known(Arc<Holder>),
    /// Somebody who has the link of this order, and nothing else.
    Link(Arc<str>),
}

/// The holder of a token.
#[derive(Debug)]
pub struct Holder {
    pub role: Role,
    /// The id of the customer, the driver or the restaurant that they are or work for.
    pub subject: String,
    /// Tells holders apart where requests are counted; absent of one whose requests are not.
    pub(crate) number: Option<usize>,
}

/// How far somebody's rights go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Authority<'a> {
    /// Only what everybody may.
    Nothing,
    /// What the holder's role may, with what is the holder's own.
    Own(&'a Holder),
    /// What concerns this order, as its customer.
    Order(&'a str),
    /// To look at everything.
    Look(&'a Holder),
    Everything,
}

/// When the session ends that a request has shown, by the date of the silos; `None` without one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends(pub(crate) Option<u64>);

impl Identity {
    pub(crate) fn authority(&self) -> Authority<'_> {
        match self {
            Self::Nobody => Authority::Nothing,
            Self::Link(order) => Authority::Order(order),
            Self::Local => Authority::Everything,
            Self::Known(holder) => match holder.role {
                Role::Admin => Authority::Everything,
                Role::Observer => Authority::Look(holder),
                _ => Authority::Own(holder),
            },
        }
    }

    /// As `role/subject`, for those who share a screen.
    pub(crate) fn signature(&self) -> String {
        match self {
            Self::Known(holder) => format!("{}/{}", holder.role.name(), holder.subject),
            Self::Link(_) => "link/anybody".to_owned(),
            // Somebody at this machine, who need not say who they are.
            Self::Local | Self::Nobody => "local/anybody".to_owned(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Problem> {
        let identity = head.extensions.get::<Self>().cloned();
        // To fall back on anybody would open a route that somebody forgot to put behind it.
        identity.ok_or_else(|| {
            let detail = "this route was reached without a check of who asks";
            Problem::new(problem::INTERNAL, detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(role: Role) -> Identity {
        let subject = "napoli".to_owned();
        let number = None;
        Identity::Known(Arc::new(Holder {
            role,
            subject,
            number,
        }))
    }

    #[test]
    fn only_admins_and_this_machine_may_do_everything() {
        for role in Role::ALL {
            let everything = matches!(known(role).authority(), Authority::Everything);
            assert_eq!(everything, role == Role::Admin, "{role:?}");
        }
        assert!(matches!(Identity::Local.authority(), Authority::Everything));
        assert!(matches!(Identity::Nobody.authority(), Authority::Nothing));
        let observer = known(Role::Observer);
        assert!(matches!(observer.authority(), Authority::Look(_)));
    }
}
