//! Whether whoever opened an event stream may still hear it. Asked before each event:
//! rights that end, end the stream. Whoever comes back then is refused at the door.

use std::sync::Arc;

use crate::access::{Identity, Role};
use crate::own::{self, Own};
use crate::server::App;

#[derive(Clone)]
pub(crate) struct Rights(Arc<Inner>);

struct Inner {
    app: App,
    identity: Identity,
    own: Own,
    id: String,
}

impl Rights {
    pub(crate) fn new(app: App, identity: Identity, own: Own, id: &str) -> Self {
        let id = id.to_owned();
        Self(Arc::new(Inner {
            app,
            identity,
            own,
            id,
        }))
    }

    /// What cannot be told to be so is not: the client comes back, and is asked who it is.
    pub(crate) async fn last(self) -> bool {
        let Inner {
            app,
            identity,
            own,
            id,
        } = &*self.0;
        match identity.limited() {
            Some(holder) if may_end(*own, holder.role) => {
                let checked = own::check(app, Some(holder), *own, Some(id)).await;
                checked.is_ok()
            }
            _ => true,
        }
    }
}

/// An order never changes its customer and its restaurant, but it may change its driver; and
/// tokens last as long as the process.
fn may_end(own: Own, role: Role) -> bool {
    match own {
        Own::Order => role == Role::Driver,
        Own::Driver => role != Role::Driver,
        Own::Anything | Own::Restaurant | Own::Menu => false,
    }
}
