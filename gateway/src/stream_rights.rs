//! Whether the client that opened an event stream may still receive it. Asked before each
//! event: rights that end, end the stream, and a client that comes back then is refused.

use std::sync::Arc;

use crate::app::App;
use crate::identity::{Authority, Identity, Role};
use crate::ownership::{self, Ownership};

#[derive(Clone)]
pub(crate) struct StreamRights(Arc<Inner>);

struct Inner {
    app: App,
    identity: Identity,
    ownership: Ownership,
    id: String,
}

impl StreamRights {
    /// The rights of `identity` to what `id` names, which it has at this moment.
    pub(crate) fn new(app: App, identity: Identity, ownership: Ownership, id: &str) -> Self {
        let id = id.to_owned();
        Self(Arc::new(Inner {
            app,
            identity,
            ownership,
            id,
        }))
    }

    /// Whether they hold. A check that fails for another reason counts as "no": the client
    /// comes back, and is told why.
    pub(crate) async fn hold(self) -> bool {
        let Inner {
            app,
            identity,
            ownership,
            id,
        } = &*self.0;
        if !may_end(*ownership, identity) {
            return true;
        }
        // Asked anew each time: what held when the stream was opened may not hold any more.
        let checked = ownership::check(app, identity, *ownership, id).await;
        checked.is_ok()
    }
}

/// An order never changes its customer and its restaurant, but it may change its driver; and
/// tokens last as long as the process. Only what may change is worth a question per event.
fn may_end(ownership: Ownership, identity: &Identity) -> bool {
    let holder = match identity.authority() {
        Authority::Everything => return false,
        // Nothing is theirs, so that there is nothing which could not end.
        Authority::Nothing => return true,
        Authority::Own(holder) => holder,
    };
    match ownership {
        Ownership::Order => holder.role == Role::Driver,
        Ownership::Driver => holder.role != Role::Driver,
        Ownership::Anything | Ownership::Restaurant | Ownership::Menu => false,
    }
}
